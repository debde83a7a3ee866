"""Since when somebody is a manager, where they were made one later than their place began."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("alliance", "0036_case_join_pause")]

    operations = [migrations.AddField("membership", "manager_since", models.DateTimeField(null=True))]
