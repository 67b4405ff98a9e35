"""Whether mail leaves this installation: a real one, sent while the administrator waits."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from desk.first_run import mail_way
from desk.guard import person, require, who
from foundation.egress.mail_probe import Answer, probe
from teams.permissions import may_admin


class MailForm(forms.Form):
    """Where the test goes."""

    to = forms.EmailField(label=gettext_lazy("Send it to"))


@require_http_methods(["GET", "HEAD", "POST"])
def settings_mail(request: HttpRequest) -> HttpResponse:
    """The settings without secrets; POST sends one mail and shows the server's own answer."""
    require(may_admin(who(request)), _("Mail settings are the administrators'."))
    if request.method != "POST":
        return _show(request, MailForm(initial={"to": person(request).email}))
    form = MailForm(request.POST)
    if not form.is_valid():
        return _show(request, form, status=422)
    body = _("This mail was sent by hand to test the mail settings of %s.") % settings.SHARPEND_URL
    return _show(request, form, probe(_("Test of the mail settings"), body, form.cleaned_data["to"]))


def _show(request: HttpRequest, form: MailForm, result: Answer | None = None, status: int = 200) -> HttpResponse:
    mail = {"way": mail_way(), "sender": settings.DEFAULT_FROM_EMAIL}
    context = {"at": timezone.now(), "mail": mail, "form": form, "result": result}
    return render(request, "desk/settings_mail.html", context, status=status)
