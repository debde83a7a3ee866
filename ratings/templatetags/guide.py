"""The demo's guide in the frame of every page; nothing outside the demo."""

from django import template

from ratings.demo.guide import guide_to

register = template.Library()


@register.inclusion_tag("ratings/demo/_guide.html", takes_context=True)
def guide(context):
    request = context.get("request")
    return {"guide": guide_to(request) if request else None, "back": request.path if request else ""}
