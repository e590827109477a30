// Copies lines of text, also where browsers keep their clipboard to themselves: on plain HTTP.

/** Puts a text on the clipboard. @returns whether that worked */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Plain HTTP has no clipboard, and people may have forbidden it: the old way asks nobody.
  }
  const focused = document.activeElement;
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "sr-only";
  area.setAttribute("aria-hidden", "true");
  document.body.append(area);
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  focused?.focus({ preventScroll: true });
  return copied;
}

/** Copies the line beside a button, or else marks it, so that a key does. */
export async function copyBeside(button) {
  const code = button.parentElement.querySelector("code");
  const copied = await copyText(code.textContent);
  if (!copied) getSelection().selectAllChildren(code);
  button.textContent = copied ? "Copied" : "Press Ctrl+C";
  setTimeout(() => button.textContent = "Copy", copied ? 1500 : 5000);
}

/** Lines to copy, each with its name and a button. @param what they are of */
export function copyLines(lines, what) {
  return lines.map(line => {
    const row = document.createElement("div");
    row.className = "copy";
    const name = document.createElement("span");
    name.className = "soft";
    name.textContent = line.name;
    const code = document.createElement("code");
    code.textContent = line.text;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy";
    button.setAttribute("aria-label", `Copy the line for ${line.name} of ${what}`);
    row.append(name, code, button);
    return row;
  });
}
