// The form of a table: a file that is too large is told at once, and a large one shows how much of it was sent.

export function startClean(form) {
  const file = document.getElementById("clean-file");
  const wrong = document.getElementById("clean-file-wrong");
  const sent = document.getElementById("clean-sent");

  function tooLarge() {
    const large = file.files.length > 0 && file.files[0].size > Number(file.dataset.most);
    wrong.textContent = large ? file.dataset.wrong : "";
    wrong.hidden = !large;
    return large;
  }

  file.addEventListener("change", tooLarge);
  form.addEventListener("htmx:confirm", (event) => {
    if (tooLarge()) event.preventDefault();
  });
  form.addEventListener("htmx:xhr:progress", (event) => {
    if (!event.detail.lengthComputable || !file.files.length) return;
    sent.hidden = false;
    sent.value = event.detail.loaded / event.detail.total;
  });
  form.addEventListener("htmx:afterRequest", () => {
    sent.hidden = true;
    form.querySelector("[aria-invalid=true], #rules .errors")?.scrollIntoView({ block: "center" });
  });
}
