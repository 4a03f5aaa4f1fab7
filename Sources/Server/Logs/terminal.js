// What a page shows of a line, as Domain/Logs/TerminalLine.swift, TerminalStyle.swift and LogView.swift have it; a test compares both.

const deceives = /[\x80-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/;
const needsWork = /[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/;
const parametersMax = 32, shownMax = 2000;

// A look is {front, back, marks}: 0 to 15, and letters.
const plain = {front: null, back: null, marks: ""};
const markNames = [["b", "bd"], ["d", "dm"], ["i", "it"], ["u", "ul"], ["s", "st"]];

function classesOf({front, back, marks}) {
  const names = [], isReversed = marks.includes("r");
  if (isReversed) [front, back] = [back, front];
  if (front !== null) names.push("c" + front);
  if (back !== null) names.push("b" + back); else if (isReversed) names.push("rv");
  for (const [mark, name] of markNames) if (marks.includes(mark)) names.push(name);
  return names.join(" ");
}
export function nearest(red, green, blue) {
  const most = Math.max(red, green, blue), least = Math.min(red, green, blue);
  if (most - least < 48) return most < 64 ? 0 : most < 128 ? 8 : most < 200 ? 7 : 15;
  const isOn = part => part * 2 >= most + least ? 1 : 0;
  return isOn(red) + 2 * isOn(green) + 4 * isOn(blue) + (most >= 192 ? 8 : 0);
}
function nearestOfPalette(number) {
  number = Math.min(255, number);
  if (number < 16) return number;
  if (number >= 232) return nearest(...Array(3).fill(8 + (number - 232) * 10));
  const steps = [0, 95, 135, 175, 215, 255], cube = number - 16;
  return nearest(steps[Math.floor(cube / 36)], steps[Math.floor(cube / 6) % 6], steps[cube % 6]);
}
function extended(rest) {
  const numbers = rest.slice(0, 5);
  if (numbers[0] === 5) return numbers.length > 1 ? [nearestOfPalette(numbers[1] ?? 0), 2] : null;
  if (numbers[0] !== 2) return null;
  const skip = numbers.length === 5 && numbers[1] === null ? 2 : 1;
  if (numbers.length < skip + 3) return null;
  return [nearest(...numbers.slice(skip, skip + 3).map(part => Math.min(255, part ?? 0))), skip + 3];
}
function styled(look, parameters) {
  if (!/^[0-9;:]*$/.test(parameters)) return look;
  const numbers = parameters.split(/[;:]/).slice(0, parametersMax).map(n => n === "" ? null : Math.min(999, Number(n)));
  const on = mark => ({...look, marks: look.marks.includes(mark) ? look.marks : look.marks + mark});
  const off = marks => ({...look, marks: [...look.marks].filter(mark => !marks.includes(mark)).join("")});
  for (let at = 0; at < numbers.length; at++) {
    const n = numbers[at] ?? 0;
    if (n === 0) look = plain;
    else if (n === 1) look = on("b");
    else if (n === 2) look = on("d");
    else if (n === 3) look = on("i");
    else if (n === 4) look = on("u");
    else if (n === 7) look = on("r");
    else if (n === 9) look = on("s");
    else if (n === 21 || n === 22) look = off("bd");
    else if (n === 23) look = off("i");
    else if (n === 24) look = off("u");
    else if (n === 27) look = off("r");
    else if (n === 29) look = off("s");
    else if (n >= 30 && n <= 37) look = {...look, front: n - 30};
    else if (n === 39) look = {...look, front: null};
    else if (n >= 40 && n <= 47) look = {...look, back: n - 40};
    else if (n === 49) look = {...look, back: null};
    else if (n >= 90 && n <= 97) look = {...look, front: n - 82};
    else if (n >= 100 && n <= 107) look = {...look, back: n - 92};
    else if (n === 38 || n === 48) {
      const found = extended(numbers.slice(at + 1));
      if (!found) break;
      look = n === 38 ? {...look, front: found[0]} : {...look, back: found[0]};
      at += found[1];
    }
  }
  return look;
}

/** The line as a terminal shows it: [{text, classes}]. Wipes are noted, and looked up once at the end. */
export function spansOf(text) {
  if (!needsWork.test(text)) return text ? [{text, classes: ""}] : [];
  const cells = [], looks = [], writtenAt = [], wipedAt = [];
  let length = 0, cursor = 0, step = 0, clearedAt = 0, look = plain;
  for (const [part] of text.matchAll(/\x1b\[[^@-~]*[@-~]?|\x1b\][^\x07\x1b]*(?:\x07|\x1b.?)?|\x1b.?|./gsu)) {
    step++;
    if (part === "\r") cursor = 0;
    else if (part === "\b") cursor = Math.max(0, cursor - 1);
    else if (part === "\x1b[K" || part === "\x1b[0K") length = Math.min(length, cursor);
    else if (part === "\x1b[1K") { if (length > 0) wipedAt[Math.min(cursor, length - 1)] = step; }
    else if (part === "\x1b[2K") { length = 0; clearedAt = step; }
    else if (part[0] === "\x1b") { if (part[1] === "[" && part.length > 2 && part.endsWith("m")) look = styled(look, part.slice(2, -1)); }
    else if (/^[\x00-\x08\x0a-\x1f\x7f]$/.test(part)) continue;
    else {
      length = Math.max(length, cursor + 1);
      if (cursor === cells.length) wipedAt.push(0);
      cells[cursor] = deceives.test(part) ? "\ufffd" : part;
      looks[cursor] = look;
      writtenAt[cursor++] = step;
    }
  }
  for (let at = cells.length - 1, wiped = clearedAt; at >= 0; at--) {
    wiped = Math.max(wiped, wipedAt[at]);
    if (writtenAt[at] <= wiped) { cells[at] = " "; looks[at] = plain; }
  }
  const spans = [];
  let key = null;
  for (let at = 0; at < length; at++) {
    const own = JSON.stringify([looks[at].front, looks[at].back, [...looks[at].marks].sort().join("")]);
    if (own !== key) { spans.push({text: "", classes: classesOf(looks[at])}); key = own; }
    spans.at(-1).text += cells[at];
  }
  return spans;
}

const marker = /^(?:##\[(group|endgroup|error|warning|notice|debug|command|section)\]|::(group|endgroup|error|warning|notice|debug|command|section)(?: .*?)?::)/is;
const encoder = new TextEncoder();

/** A stored line, with its time: {time, kind, spans}. */
export function viewOf(line) {
  const space = line.indexOf(" ");
  const spans = spansOf(space < 0 ? line : line.slice(space + 1)), text = spans.map(span => span.text).join("");
  const found = marker.exec(text);
  let left = found?.[0].length ?? 0, room = shownMax;
  const shown = [];
  for (const span of spans) {
    const part = span.text.slice(left);
    left = Math.max(0, left - span.text.length);
    if (!part) continue;
    const bytes = part.length * 3 > room ? encoder.encode(part).length : part.length;
    if (bytes <= room) {
      shown.push({text: part, classes: span.classes});
      room -= part.length * 3 > room ? bytes : encoder.encode(part).length;
      continue;
    }
    let kept = "";
    for (const character of part) {
      const size = encoder.encode(character).length;
      if (size > room) break;
      kept += character;
      room -= size;
    }
    if (kept) shown.push({text: kept, classes: span.classes});
    shown.push({text: " …", classes: ""});
    break;
  }
  return {time: space < 0 ? "" : line.slice(0, space), kind: found ? (found[1] ?? found[2]).toLowerCase() : "plain", spans: shown};
}
