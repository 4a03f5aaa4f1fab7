// One stream of events for many listeners and topics: what live.js (a page) and live-worker.js (a browser) have in common.
//
// The stream is read by fetch and not by EventSource, which tells nobody with which status it was refused.
const topicsMax = 64;          // LiveTopicLimits.topicsMax
const silenceMax = 45000;      // the server sends a comment every 15 s
const pollEvery = 5000;        // when there is no place for a stream
const streamAgainAfter = 60000;
const waitMax = 30000;

const pause = milliseconds => new Promise(done => setTimeout(done, milliseconds));

export class LiveStream {
  #topics = new Map();         // topic → {listeners, position, job, mark}
  #request = null;             // AbortController of what is open
  #isRunning = false;
  #isStale = false;            // the topics are others than those of the stream
  #retry = 1000;
  #failures = 0;
  #refusedAt = -Infinity;
  state = "idle";

  /** @param listener has `take(message)` */
  add(listener, topic, position) {
    let entry = this.#topics.get(topic);
    if (!entry) this.#topics.set(topic, entry = {listeners: new Set(), position: undefined, isOpen: false});
    entry.listeners.add(listener);
    const isBehind = topic.startsWith("log:") && entry.position !== undefined && (position ?? 0) < entry.position;
    if (entry.position === undefined || isBehind) entry.position = position;
    if (entry.job) listener.take(entry.job);
    if (entry.changed) listener.take(entry.changed);
    if (!entry.isOpen || isBehind) this.#renew();
    listener.take({kind: "state", state: this.state});
  }
  remove(listener, topic) {
    for (const [name, entry] of this.#topics) {
      if (topic && name !== topic) continue;
      entry.listeners.delete(listener);
      if (!entry.listeners.size) this.#topics.delete(name);
    }
    if (!this.#topics.size) this.#request?.abort();
  }

  #tell(message, topic) {
    const listeners = topic ? this.#topics.get(topic)?.listeners ?? [] : new Set([...this.#topics.values()].flatMap(e => [...e.listeners]));
    for (const listener of listeners) listener.take(message);
  }
  #become(state) {
    if (this.state === state) return;
    this.state = state;
    this.#tell({kind: "state", state});
  }
  // Several pages that open at once are one change.
  #renew() {
    if (this.#isStale) return;
    this.#isStale = true;
    setTimeout(() => {
      this.#isStale = false;
      if (this.#isRunning) this.#request?.abort(); else this.#run();
    }, 30);
  }
  #address(isPoll) {
    // The newest first: they are looked at.
    const names = [...this.#topics.keys()].reverse().slice(0, topicsMax);
    for (const [name, entry] of this.#topics) entry.isOpen = names.includes(name);
    const parts = names.map(name => {
      const [kind, id] = name.split(":"), position = this.#topics.get(name).position;
      return `${kind}=${id}${position === undefined ? "" : "@" + position}`;
    });
    return "/_live/events?" + parts.join("&") + (isPoll ? "&poll=1" : "");
  }
  async #run() {
    this.#isRunning = true;
    while (this.#topics.size) {
      const isPoll = Date.now() - this.#refusedAt < streamAgainAfter;
      const request = this.#request = new AbortController();
      let silence;
      const heard = () => { clearTimeout(silence); silence = setTimeout(() => request.abort(), silenceMax); };
      heard();
      try {
        const answer = await fetch(this.#address(isPoll), {signal: request.signal, cache: "no-store", headers: {Accept: "text/event-stream"}});
        if (answer.status === 429 || answer.status === 503) {
          if (!isPoll) this.#refusedAt = Date.now();
          this.#become("polling");
        } else if (!answer.ok) {
          // 401, 403, 404: of all topics alike.
          for (const topic of [...this.#topics.keys()]) {
            if (answer.status < 500) this.#take({kind: "gone", topic, status: answer.status, words: await words(answer)});
          }
          this.#failures++;
        } else {
          this.#become(isPoll ? "polling" : "open");
          await this.#read(answer.body, heard);
        }
      } catch {
        if (!request.signal.aborted || this.#topics.size === 0) this.#failures++;
      }
      clearTimeout(silence);
      if (!this.#topics.size) break;
      // Another topic came: at once.
      if (request.signal.aborted && this.#failures === 0) continue;
      const isPolling = Date.now() - this.#refusedAt < streamAgainAfter;
      if (!isPolling) this.#become("waiting");
      const wait = isPolling ? pollEvery : Math.min(waitMax, this.#retry * 2 ** Math.min(6, this.#failures));
      this.#request = new AbortController();
      await Promise.race([pause(wait * (0.5 + Math.random())), new Promise(done => this.#request.signal.addEventListener("abort", done))]);
    }
    this.#isRunning = false;
    this.#become("idle");
  }
  async #read(body, heard) {
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (;;) {
      const {value, done} = await reader.read();
      if (done) return;
      heard();
      this.#failures = 0;
      text += value;
      let end;
      while ((end = text.indexOf("\n\n")) >= 0) {
        this.#event(text.slice(0, end));
        text = text.slice(end + 2);
      }
    }
  }
  #event(block) {
    let kind = "message", data = "";
    for (const line of block.split("\n")) {
      if (line.startsWith("event: ")) kind = line.slice(7);
      else if (line.startsWith("data: ")) data += line.slice(6);
      else if (line.startsWith("retry: ")) this.#retry = Number(line.slice(7)) || this.#retry;
    }
    if (data) this.#take({kind, ...JSON.parse(data)});
  }
  #take(message) {
    const entry = this.#topics.get(message.topic);
    if (!entry) return;
    if (message.kind === "log") entry.position = message.next;
    if (message.kind === "job") entry.job = message;
    if (message.kind === "changed") { entry.position = message.mark; entry.changed = message; }
    this.#tell(message, message.topic);
    if (message.kind === "gone") this.#topics.delete(message.topic);
  }
}
async function words(answer) { try { return (await answer.text()).slice(0, 300); } catch { return ""; } }
