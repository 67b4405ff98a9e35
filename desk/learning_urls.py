"""Addresses of what is learned from incidents: postmortems."""

from django.urls import path

from desk import postmortem, postmortem_acts, postmortem_forms, postmortem_public, postmortems

ONE = "postmortems/<str:number>/"
urlpatterns = [
    path("postmortems/", postmortems.postmortems, name="postmortems"),
    path(ONE, postmortem.postmortem, name="postmortem"),
    path(f"{ONE}request/", postmortem_acts.request_one, name="postmortem_request"),
    path(f"{ONE}file/", postmortem_acts.file, name="postmortem_file"),
    path(f"{ONE}review/", postmortem_acts.review, name="postmortem_review"),
    path(f"{ONE}public/", postmortem_public.public, name="postmortem_public"),
    path(f"{ONE}<str:name>/", postmortem_forms.form, name="postmortem_form"),
]
