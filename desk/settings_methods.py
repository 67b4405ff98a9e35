"""My phone & alarms: how a person is woken, in which order, and a test of each way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from desk import verification
from desk.answers import SeeOther
from desk.guard import person, row_number, who
from desk.rule_offers import left_out, preview, ring_too
from incidents.models import NotAllowed
from paging import methods
from paging.alone import not_enough
from paging.channels import webhook
from paging.channels.known import available, clean, provable
from paging.models import ContactMethod, Delivery, PersonalRule
from paging.telegram import linking
from teams.models import Severity, User
from teams.permissions import may_see_contact_methods

CLASSES = [*Severity.choices, ("default", gettext_lazy("any other class"))]


HINTS = {
    "sms": gettext_lazy("A phone number begins with + and its country: +44 7700 900123."),
    "slack": gettext_lazy("For Slack your e-mail there, or your member ID such as U024BE7LH."),
    "telegram": gettext_lazy("For Telegram the number that the bot tells you; Link Telegram below is easier."),
    "mattermost": gettext_lazy("For Mattermost your user name there."),
    "matrix": gettext_lazy("For Matrix your ID, @alice:example.org; accept the invitation, the code is in that room."),
    "ntfy": gettext_lazy("For ntfy a topic that nobody guesses."),
    "webhook": gettext_lazy("For a webhook its https address."),
}
"""What an address looks like, for the kinds of which nobody knows it by heart."""


class MethodForm(forms.Form):
    """A new way, of those that this installation has and a code can prove."""

    kind = forms.ChoiceField(label=gettext_lazy("Way"), initial="email")
    address = forms.CharField(label=gettext_lazy("Address"), max_length=254)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        kinds = provable()
        self.fields["kind"].choices = [(kind, ContactMethod.Kind(kind).label) for kind in kinds]  # type: ignore[attr-defined]
        hints = [hint for kind, hint in HINTS.items() if kind in kinds]
        self.fields["address"].help_text = " ".join(str(hint) for hint in hints)

    def clean(self) -> dict[str, Any]:
        """The address as its kind wants it."""
        data = self.cleaned_data
        if "kind" in data and "address" in data:
            try:
                data["address"] = clean(data["kind"], data["address"])
            except ValueError as error:
                self.add_error("address", str(error))
        return data


class CodeForm(forms.Form):
    """The code that was sent."""

    code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "autofocus": True}),
    )


class RuleForm(forms.Form):
    """When I am paged for this class, this way rings so many minutes later."""

    severity = forms.ChoiceField(label=gettext_lazy("Class"), choices=CLASSES)
    method = forms.ModelChoiceField(ContactMethod.objects.none(), label=gettext_lazy("Way"), to_field_name="slug")
    after = forms.IntegerField(label=gettext_lazy("Minutes after the page"), min_value=0, max_value=60, initial=0)

    def __init__(self, *args: Any, whose: User, **options: Any) -> None:
        super().__init__(*args, **options)
        mine = ContactMethod.objects.filter(user=whose, verified_at__isnull=False, disabled_at=None)
        self.fields["method"].queryset = mine  # type: ignore[attr-defined]


@require_http_methods(["GET", "HEAD", "POST"])
def settings_methods(request: HttpRequest) -> HttpResponse:
    """My ways and rules; POST `act` = add, send_code, verify, test, link, remove, rule, remove_rule, ring_too.
    Nobody else sees them, but administrators with `?person=`."""
    whose = _whose(request)
    if request.method != "POST":
        return _show(request, whose)
    act = ACTS.get(request.POST.get("act", ""))
    if act is None:
        messages.error(request, _("This page knows no such act."))
        return _show(request, whose, status=422)
    try:
        return act(request, whose)
    except NotAllowed as refusal:
        messages.error(request, str(refusal))
        return _show(request, whose, status=422)


def _whose(request: HttpRequest) -> User:
    """Oneself, or for administrators the person of `?person=`. To others that person has no such page: 404."""
    email = request.GET.get("person", "").replace("\x00", "")
    found = get_object_or_404(User, email=email.lower()) if email else person(request)
    if not may_see_contact_methods(who(request), of=found.pk):
        raise Http404
    return found


def _add(request: HttpRequest, whose: User) -> HttpResponse:
    form = MethodForm(request.POST)
    if not form.is_valid():
        return _show(request, whose, add_form=form, status=422)
    method = methods.add_method(whose, kind=form.cleaned_data["kind"], address=form.cleaned_data["address"])
    if method.usable:
        messages.success(request, _("%s is verified already.") % method)
        return _back(whose, request)
    return _code_to(request, method, whose)


def _send_code(request: HttpRequest, whose: User) -> HttpResponse:
    return _code_to(request, _method(request, whose), whose)


def _code_to(request: HttpRequest, method: ContactMethod, whose: User) -> HttpResponse:
    sent = verification.send_code(request, method, timezone.now())
    if not sent.ok:
        messages.error(request, _("The code could not be sent: %s") % sent.answer)
        return _back(whose, request)
    return _back(whose, request, "#verify")


def _verify(request: HttpRequest, whose: User) -> HttpResponse:
    method, at = _method(request, whose), timezone.now()
    if not verification.check_code(request, method, request.POST.get("code", ""), at):
        if verification.verifying(request, at) != method.pk:
            messages.error(request, _("Too many tries, or too old: have a new code sent."))
            return _show(request, whose, status=422)
        form = CodeForm(request.POST)
        form.add_error("code", _("This is not the code, or it is too old. Look again, or have a new one sent."))
        return _show(request, whose, code_form=form, status=422)
    methods.verify(method, at=at)
    messages.success(request, _("%s is verified. Test it now.") % method)
    return _back(whose, request)


def _test(request: HttpRequest, whose: User) -> HttpResponse:
    method = _method(request, whose)
    by = person(request)
    because = "" if whose == by else _("%s asked for a test of this way") % by.short_name
    methods.ring(method, at=timezone.now(), because=because)
    messages.success(request, _("A test is on its way to %s. Did it ring?") % method)
    return _back(whose, request)


def _link(request: HttpRequest, whose: User) -> HttpResponse:
    """The way into a chat that only its person can open: nobody links for somebody else."""
    if whose != person(request):
        raise NotAllowed(_("Only %s can link their Telegram.") % whose.short_name)
    return _show(request, whose, telegram=linking.invite(whose, at=timezone.now()))


def _remove(request: HttpRequest, whose: User) -> HttpResponse:
    slug = request.POST.get("method", "").replace("\x00", "")
    method = ContactMethod.objects.filter(user=whose, slug=slug).first()
    if method:
        methods.remove(method)
        messages.success(request, _("%s is removed.") % method)
    return _back(whose, request)


def _rule(request: HttpRequest, whose: User) -> HttpResponse:
    form = RuleForm(request.POST, whose=whose)
    if not form.is_valid():
        return _show(request, whose, rule_form=form, status=422)
    data = form.cleaned_data
    methods.add_rule(whose, severity=data["severity"], method=data["method"], after=timedelta(minutes=data["after"]))
    return _back(whose, request)


def _ring_too(request: HttpRequest, whose: User) -> HttpResponse:
    method = _method(request, whose)
    ring_too(whose, method)
    messages.success(request, _("%s rings at once from now on.") % method)
    return _back(whose, request)


def _remove_rule(request: HttpRequest, whose: User) -> HttpResponse:
    methods.remove_rule(whose, row_number(request.POST.get("rule", "")) or 0)
    return _back(whose, request)


ACTS: dict[str, Callable[[HttpRequest, User], HttpResponse]] = {
    "add": _add,
    "send_code": _send_code,
    "verify": _verify,
    "test": _test,
    "link": _link,
    "remove": _remove,
    "rule": _rule,
    "remove_rule": _remove_rule,
    "ring_too": _ring_too,
}


def _method(request: HttpRequest, whose: User) -> ContactMethod:
    return get_object_or_404(ContactMethod, user=whose, slug=request.POST.get("method", "").replace("\x00", ""))


def _back(whose: User, request: HttpRequest, part: str = "") -> HttpResponse:
    """The page again, of the same person; `part` is where on it, "#verify"."""
    query = "" if whose == person(request) else "?" + urlencode({"person": whose.email})
    return SeeOther(reverse("desk:settings_methods") + query + part)


def _show(
    request: HttpRequest,
    whose: User,
    *,
    add_form: MethodForm | None = None,
    code_form: CodeForm | None = None,
    rule_form: RuleForm | None = None,
    telegram: linking.Invitation | None = None,
    status: int = 200,
) -> HttpResponse:
    at, own = timezone.now(), whose == person(request)
    mine = list(ContactMethod.objects.filter(user=whose))
    waiting = verification.verifying(request, at)
    checked = next((method for method in mine if method.pk == waiting and not method.usable), None)
    _with_last(mine)
    if own:
        _with_secrets(mine)
    rules = _rules(whose)
    context = {
        "at": at,
        "whose": whose,
        "own": own,
        "methods": mine,
        "provable": provable(),
        "add_form": add_form or MethodForm(initial=_proposed(request) or {"address": "" if mine else whose.email}),
        "verify": {"method": checked, "form": code_form or CodeForm()} if checked else None,
        "rules": rules,
        "left_out": left_out(mine, [rule for group in rules for rule in group["rules"]]),
        "rule_form": rule_form or RuleForm(whose=whose),
        "default_alarms": ""
        if any(group["rules"] for group in rules)
        else _("Without rules every verified way rings at once."),
        "preview": preview(whose, mine),
        "push_ready": own and "webpush" in available(),
        "push_alone": not_enough(whose),
        "telegram_ready": own and "telegram" in available(),
        "telegram": telegram,
    }
    return render(request, "desk/settings_methods.html", context, status=status)


def _proposed(request: HttpRequest) -> dict[str, str]:
    """What a link from a medium fills in: nothing is added before the person presses, and a code proves it."""
    kind, address = request.GET.get("kind", ""), request.GET.get("address", "")
    return {"kind": kind, "address": address[:254]} if address and kind in provable() else {}


def _with_last(mine: list[ContactMethod]) -> None:
    """Give each method its last delivery that left or failed; one query."""
    over = ["sent", "delivered", "read", "failed", "unknown"]
    found = Delivery.objects.filter(method__in=mine, state__in=over).order_by("method_id", "-pk").distinct("method_id")
    last = {delivery.method_id: delivery for delivery in found}
    for method in mine:
        method.last = last.get(method.pk)  # type: ignore[attr-defined]


def _with_secrets(mine: list[ContactMethod]) -> None:
    """Whoever proved that a webhook is theirs sees what signs its messages; who only typed its address does not."""
    for method in mine:
        if method.kind == ContactMethod.Kind.WEBHOOK and method.usable:
            method.signed_with = webhook.secret_of(method.address)  # type: ignore[attr-defined]


def _rules(whose: User) -> list[dict[str, Any]]:
    known = list(PersonalRule.objects.filter(user=whose).select_related("method"))
    return [
        {"severity": name, "label": label, "rules": [rule for rule in known if rule.severity == name]}
        for name, label in CLASSES
    ]
