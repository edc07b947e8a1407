"use strict";
for (const button of document.querySelectorAll(".command button")) {
  button.hidden = false;
  const code = button.previousElementSibling;
  const tell = (text) => {
    button.textContent = text;
    setTimeout(() => { button.textContent = "copy"; }, 1500);
  };
  const select = () => {
    getSelection().selectAllChildren(code);
    tell(document.execCommand("copy") ? "copied" : "selected");
  };
  button.addEventListener("click", () => {
    if (!navigator.clipboard) return select();
    navigator.clipboard.writeText(code.textContent).then(() => tell("copied"), select);
  });
}
addEventListener("beforeprint", () => {
  for (const details of document.querySelectorAll("details")) details.open = true;
});
