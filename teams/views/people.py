"""Who is here: the list, invitations, roles, switching off and on."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from teams import people
from teams.account import MailFailed, send_invitation
from teams.forms import InviteForm, RoleForm
from teams.models import Role, User
from teams.permissions import may_change_people, may_invite, standing
from teams.views import viewer

PAGE = 50


@require_safe
def people_list(request: HttpRequest) -> HttpResponse:
    """Everybody, by e-mail; `?q=` searches name and e-mail, `?after=` goes on."""
    who = standing(viewer(request))
    query, after = (request.GET.get(name, "").replace("\x00", "")[:254] for name in ("q", "after"))
    found = User.objects.filter(Q(name__icontains=query) | Q(email__icontains=query)) if query else User.objects.all()
    if after:
        found = found.filter(email__gt=after)
    rows = list(found.prefetch_related("memberships__team").order_by("email")[: PAGE + 1])
    following = urlencode({"q": query, "after": rows[PAGE - 1].email}) if len(rows) > PAGE else ""
    context = {
        "people": rows[:PAGE],
        "q": query,
        "next_url": f"?{following}" if following else None,
        "first_url": f"?{urlencode({'q': query})}" if after else None,
        "may_invite": may_invite(who),
        "may_change": may_change_people(who),
        "roles": Role.choices,
        "today": timezone.localdate(),
    }
    return render(request, "teams/people.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: HttpRequest) -> HttpResponse:
    """Make a person and mail them a link to set a password."""
    by = viewer(request)
    who = standing(by)
    if not may_invite(who):
        raise PermissionDenied(_("Managers and administrators invite people."))
    form = InviteForm(request.POST or None, who=who)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            user = people.invite(data["email"], name=data["name"], role=data["role"], teams=data["teams"], by=by)
        except people.Refused as refused:
            form.add_error("email", str(refused))
        else:
            _send(request, user, by)
            return redirect(_onward(request) or "teams:people")
    context = {"form": form, "next": _onward(request)}
    return render(request, "teams/invite.html", context, status=422 if form.errors else 200)


def _onward(request: HttpRequest) -> str:
    """Where the page that led here wants to go back to, inside this application; "" for nowhere."""
    asked = (request.POST if request.method == "POST" else request.GET).get("next", "")
    hosts = {request.get_host()}
    return asked if asked.startswith("/") and url_has_allowed_host_and_scheme(asked, allowed_hosts=hosts) else ""


@require_POST
def invite_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Mail a fresh link to somebody who never signed in."""
    by = viewer(request)
    user = get_object_or_404(User, pk=pk)
    if not may_invite(standing(by), user.role):
        raise PermissionDenied(_("Managers and administrators invite people."))
    if not user.is_active or user.last_login:
        messages.error(request, _("%(person)s needs no invitation.") % {"person": user})
    else:
        _send(request, user, by)
    return redirect("teams:people")


def _send(request: HttpRequest, user: User, by: User) -> None:
    try:
        send_invitation(user, by=by)
    except MailFailed as failed:
        words = _("%(person)s is added, but the mail to %(email)s could not be sent: %(why)s")
        messages.warning(request, words % {"person": user, "email": user.email, "why": failed})
    else:
        messages.success(request, _("An invitation is on its way to %(email)s.") % {"email": user.email})


@require_POST
def reactivate(request: HttpRequest, pk: int) -> HttpResponse:
    """Switch somebody on again."""
    by, user = _of_administrator(request, pk)
    people.reactivate(user, by=by, at=timezone.now())
    messages.success(request, _("%(person)s may sign in again.") % {"person": user})
    return redirect("teams:people")


@require_POST
def change_role(request: HttpRequest, pk: int) -> HttpResponse:
    """Another role."""
    by, user = _of_administrator(request, pk)
    form = RoleForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("There is no such role."))
        return redirect("teams:people")
    try:
        people.change_role(user, form.cleaned_data["role"], by=by)
    except people.Refused as refused:
        messages.error(request, str(refused))
    else:
        role = Role(form.cleaned_data["role"]).label
        messages.success(request, _("%(person)s is now: %(role)s.") % {"person": user, "role": role})
    return redirect("teams:people")


def _of_administrator(request: HttpRequest, pk: int) -> tuple[User, User]:
    by = viewer(request)
    if not may_change_people(standing(by)):
        raise PermissionDenied(_("Administrators change people."))
    return by, get_object_or_404(User, pk=pk)
