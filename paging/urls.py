"""The address of a page."""

from django.urls import path

from paging import views

app_name = "paging"
urlpatterns = [path("p/<str:token>/", views.page_link, name="page")]
