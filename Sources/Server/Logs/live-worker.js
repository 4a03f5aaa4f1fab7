// The browser's one stream of events, shared by all its pages of this server.
import {LiveStream} from "./live-stream.js";

const stream = new LiveStream();
const pages = new Map();       // port → {take, heardAt}
const pingEvery = 60000, silenceMax = 200000;

onconnect = event => {
  const [port] = event.ports;
  const page = {take: message => port.postMessage(message), heardAt: Date.now()};
  pages.set(port, page);
  port.onmessage = ({data}) => {
    page.heardAt = Date.now();
    // One that was thought to have crashed may have been frozen.
    pages.set(port, page);
    if (data.act === "add") stream.add(page, data.topic, data.position);
    if (data.act === "show") stream.show(page, data.topic, data.position);
    if (data.act === "remove") stream.remove(page, data.topic);
    if (data.act === "leave") { stream.remove(page); pages.delete(port); }
  };
};
// A page that crashed says nothing.
setInterval(() => {
  for (const [port, page] of pages) {
    if (Date.now() - page.heardAt > silenceMax) { stream.remove(page); pages.delete(port); }
    else port.postMessage({kind: "ping"});
  }
}, pingEvery);
