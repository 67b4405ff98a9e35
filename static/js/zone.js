// The time zone of this browser, chosen in a form that asks for it and was not answered yet.
document.querySelectorAll("select[data-own-zone]").forEach((select) => {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (select.querySelector("option[selected]:not([value='UTC'])") || !zone) return;
  const option = [...select.options].find((one) => one.value === zone);
  if (option) option.selected = true;
});
