"""Addresses of the REST API, under /api/v1/."""

from django.urls import path, re_path

from desk.api import acts, incidents, oncall, postmortems, registry, remediations, review, schema, story, updates

ONE = "incidents/<str:number>/"
ITEM = "remediations/<str:number>/"
POSTMORTEM = "postmortems/<str:number>/"
urlpatterns = [
    path("schema/", schema.Schema.as_view(), name="schema"),
    path("incidents/", incidents.Incidents.as_view(), name="incidents"),
    path(ONE, incidents.OneIncident.as_view(), name="incident"),
    path(f"{ONE}acknowledge/", acts.Acknowledge.as_view(), name="acknowledge"),
    path(f"{ONE}unacknowledge/", acts.Unacknowledge.as_view(), name="unacknowledge"),
    path(f"{ONE}mitigate/", acts.Mitigate.as_view(), name="mitigate"),
    path(f"{ONE}resolve/", acts.Resolve.as_view(), name="resolve"),
    path(f"{ONE}reopen/", acts.Reopen.as_view(), name="reopen"),
    path(f"{ONE}close/", acts.Close.as_view(), name="close"),
    path(f"{ONE}cancel/", acts.Cancel.as_view(), name="cancel"),
    path(f"{ONE}escalate/", acts.Escalate.as_view(), name="escalate"),
    path(f"{ONE}hand-over/", acts.HandItOver.as_view(), name="hand_over"),
    path(f"{ONE}merge/", acts.Merge.as_view(), name="merge"),
    path(f"{ONE}page/", acts.PullSomebodyIn.as_view(), name="page"),
    path(f"{ONE}notes/", story.Notes.as_view(), name="notes"),
    path(f"{ONE}roles/", story.Roles.as_view(), name="roles"),
    path(f"{ONE}impact/", story.Impacts.as_view(), name="impact"),
    path(f"{ONE}updates/", updates.Updates.as_view(), name="updates"),
    path(f"{ONE}timeline/", story.Timeline.as_view(), name="timeline"),
    path(f"{ONE}pages/", story.PagesOfIncident.as_view(), name="incident_pages"),
    path("postmortems/", postmortems.Postmortems.as_view(), name="postmortems"),
    path(POSTMORTEM, postmortems.OnePostmortem.as_view(), name="postmortem"),
    path(f"{POSTMORTEM}request/", postmortems.AskForOne.as_view(), name="postmortem_request"),
    path(f"{POSTMORTEM}file/", postmortems.File.as_view(), name="postmortem_file"),
    path(f"{POSTMORTEM}review/", postmortems.Review.as_view(), name="postmortem_review"),
    path(f"{POSTMORTEM}publish/", postmortems.PublishIt.as_view(), name="postmortem_publish"),
    path(f"{POSTMORTEM}unpublish/", postmortems.Unpublish.as_view(), name="postmortem_unpublish"),
    path(f"{POSTMORTEM}waive/", postmortems.WaiveIt.as_view(), name="postmortem_waive"),
    path(f"{POSTMORTEM}extend/", postmortems.ExtendIt.as_view(), name="postmortem_extend"),
    path("pages/", story.Pages.as_view(), name="pages"),
    path("schedules/", oncall.Schedules.as_view(), name="schedules"),
    path("schedules/<slug:slug>/shifts/", oncall.Shifts.as_view(), name="shifts"),
    path("schedules/<slug:slug>/on-call/", oncall.OnCall.as_view(), name="on_call_of"),
    path("schedules/<slug:slug>/overrides/", oncall.Overrides.as_view(), name="overrides"),
    path("on-call/", oncall.OnCallEverywhere.as_view(), name="on_call"),
    path("remediations/", remediations.Remediations.as_view(), name="remediations"),
    path(ITEM, remediations.OneRemediation.as_view(), name="remediation"),
    path(f"{ITEM}accept/", remediations.Accept.as_view(), name="item_accept"),
    path(f"{ITEM}start/", remediations.Start.as_view(), name="item_start"),
    path(f"{ITEM}block/", remediations.Block.as_view(), name="item_block"),
    path(f"{ITEM}answer/", remediations.Answer.as_view(), name="item_answer"),
    path(f"{ITEM}done/", remediations.Done.as_view(), name="item_done"),
    path(f"{ITEM}verify/", remediations.Verify.as_view(), name="item_verify"),
    path(f"{ITEM}decline/", remediations.Decline.as_view(), name="item_decline"),
    path(f"{ITEM}accept-risk/", remediations.AcceptRisk.as_view(), name="item_accept_risk"),
    path("services/", registry.Services.as_view(), name="services"),
    path("sources/", registry.Sources.as_view(), name="sources"),
    path("sources/<slug:slug>/deliveries/", registry.Deliveries.as_view(), name="deliveries"),
    path("rejected-deliveries/", registry.RejectedDeliveries.as_view(), name="rejected_deliveries"),
    path("ops-review/<str:week>/", review.OpsReview.as_view(), name="ops_review"),
    re_path("", schema.Nowhere.as_view(), name="nowhere"),
]
app_name = "api"
