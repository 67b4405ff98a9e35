"""Names of the API's enumerations, where a field's own name would stand for several (OpenAPI)."""

ENUM_NAMES = {
    "Class": "teams.models.Severity",
    "TimelineKind": "incidents.models.Kind",
    "ImpactKind": "incidents.models.ImpactInterval.Kind",
    "CalendarKind": "oncall.models.ImportedCalendar.Kind",
    "IncidentRole": "incidents.models.RoleTenure.Role",
    "DutyRole": "oncall.models.DutyRole",
    "MethodKind": "paging.models.ContactMethod.Kind",
    "PageReason": "paging.models.Page.Reason",
    "RejectedReason": "alerts.models.RejectedDelivery.Reason",
    "IncidentState": "incidents.models.State",
    "HeartbeatState": "alerts.beats.State",
    "DeliveryState": "paging.models.Delivery.State",
    "PostmortemState": "postmortems.models.Postmortem.State",
    "ClockState": "postmortems.models.Clock.State",
    "ClockKind": "postmortems.models.Clock.Kind",
    "WaiverCode": "postmortems.models.Clock.Waiver",
    "ItemState": "postmortems.models.Remediation.State",
    "BlockCode": "postmortems.models.UnblockRequest.Code",
    "SilenceKind": "alerts.models.Silence.Kind",
    "UpdateStatus": "status.models.PublicUpdate.Status",
}
