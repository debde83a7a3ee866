"""When the jobs that run by themselves were last done."""

from django.db import models


class LastRun(models.Model):
    """The last time that a job came to its end, for a monitor that asks; one row a job."""

    class Job(models.TextChoices):
        SENDER = "sender", "send_due"
        BACKUP = "backup", "backup"
        AUDIT = "audit", "verify_audit"
        AUDIT_HEAD = (
            "audit_head",
            "verify_audit --head",
        )  # only a seal over what happened since clears it

    job = models.CharField(max_length=20, choices=Job, primary_key=True)
    at = models.DateTimeField()
    found_fault = models.BooleanField(default=False, db_default=False)  # it ran to its end, and all is not well

    def __str__(self):
        return f"{self.job} {self.at:%Y-%m-%d %H:%M}"
