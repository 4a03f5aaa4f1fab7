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
  #topics = new Map();         // topic → {listeners, position, job, changed, isOpen, isRest, told}; what was looked at last is last
  #request = null;             // AbortController of what is open
  #isRunning = false;
  #isPollingRest = false;      // topics that one stream has no place for
  #isStale = false;            // the topics are others than those of the stream
  #retry = 1000;
  #failures = 0;
  #refusedAt = -Infinity;
  state = "idle";

  /** @param listener has `take(message)` */
  add(listener, topic, position) {
    let entry = this.#topics.get(topic);
    if (!entry) entry = {listeners: new Set(), position: undefined, isOpen: false, isRest: false, told: this.state};
    this.#toNewest(topic, entry);
    entry.listeners.add(listener);
    const isBehind = topic.startsWith("log:") && entry.position !== undefined && (position ?? 0) < entry.position;
    if (entry.position === undefined || isBehind) entry.position = position;
    if (entry.job) listener.take(entry.job);
    if (entry.changed) listener.take(entry.changed);
    if (!entry.isOpen || isBehind) this.#renew();
    listener.take({kind: "state", topic, state: this.#stateOf(entry)});
  }
  /** Somebody looks at this topic now: it is among those that the stream has. */
  show(listener, topic, position) {
    const entry = this.#topics.get(topic);
    if (!entry?.listeners.has(listener)) { this.add(listener, topic, position); return; }
    this.#toNewest(topic, entry);
    if (!entry.isOpen) this.#renew();
  }
  remove(listener, topic) {
    for (const [name, entry] of [...this.#topics]) {
      if (topic && name !== topic) continue;
      entry.listeners.delete(listener);
      if (!entry.listeners.size) this.#forget(name);
    }
    if (!this.#topics.size) this.#request?.abort();
  }

  #toNewest(topic, entry) {
    this.#topics.delete(topic);
    this.#topics.set(topic, entry);
  }
  #forget(topic) {
    const wasOpen = this.#topics.get(topic)?.isOpen;
    this.#topics.delete(topic);
    // Its place is another's.
    if (wasOpen && this.#rest().length) this.#renew();
  }
  #rest() { return [...this.#topics.keys()].filter(name => this.#topics.get(name).isRest); }

  #tell(message, topic) {
    for (const listener of this.#topics.get(topic)?.listeners ?? []) listener.take(message);
  }
  #stateOf(entry) { return entry.isRest && this.state === "open" ? "polling" : this.state; }
  #tellStates() {
    for (const [topic, entry] of this.#topics) {
      const state = this.#stateOf(entry);
      if (entry.told === state) continue;
      entry.told = state;
      this.#tell({kind: "state", topic, state}, topic);
    }
  }
  #become(state) {
    if (this.state === state) return;
    this.state = state;
    this.#tellStates();
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
  // The topics of the next stream: the newest, which are looked at. The rest are polled.
  #choose() {
    const names = [...this.#topics.keys()].reverse().slice(0, topicsMax), chosen = new Set(names);
    for (const [name, entry] of this.#topics) {
      entry.isOpen = chosen.has(name);
      entry.isRest = !entry.isOpen;
    }
    this.#tellStates();
    if (this.#topics.size > names.length) this.#pollRest();
    return names;
  }
  #address(names, isPoll) {
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
        const names = this.#choose(), answer = await ask(this.#address(names, isPoll), request.signal);
        if (answer.status === 429 || answer.status === 503) {
          if (!isPoll) this.#refusedAt = Date.now();
          this.#become("polling");
        } else if (!answer.ok) {
          await this.#refused(names, answer);
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
  // 401, 403, 404: of all topics alike.
  async #refused(names, answer) {
    if (answer.status >= 500 || answer.status === 429) return;
    const text = await words(answer);
    for (const topic of names) this.#take({kind: "gone", topic, status: answer.status, words: text});
  }
  // A stream's worth of topics at a time. That the server cannot be reached is told by the stream.
  async #pollRest() {
    if (this.#isPollingRest) return;
    this.#isPollingRest = true;
    for (let rest; (rest = this.#rest()).length;) {
      for (let at = 0; at < rest.length; at += topicsMax) {
        const isRest = name => this.#topics.get(name)?.isRest, names = rest.slice(at, at + topicsMax).filter(isRest);
        if (!names.length) continue;
        try {
          const answer = await ask(this.#address(names, true), AbortSignal.timeout(silenceMax));
          // A topic that the stream has by now is told of there.
          if (answer.ok) await this.#read(answer.body, () => {}, isRest);
          else await this.#refused(names.filter(isRest), answer);
        } catch { /* at the next time */ }
      }
      await pause(pollEvery * (0.5 + Math.random()));
    }
    this.#isPollingRest = false;
  }
  async #read(body, heard, isWanted = () => true) {
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
        this.#event(text.slice(0, end), isWanted);
        text = text.slice(end + 2);
      }
    }
  }
  #event(block, isWanted) {
    let kind = "message", data = "";
    for (const line of block.split("\n")) {
      if (line.startsWith("event: ")) kind = line.slice(7);
      else if (line.startsWith("data: ")) data += line.slice(6);
      else if (line.startsWith("retry: ")) this.#retry = Number(line.slice(7)) || this.#retry;
    }
    const message = data && {kind, ...JSON.parse(data)};
    if (message && isWanted(message.topic)) this.#take(message);
  }
  #take(message) {
    const entry = this.#topics.get(message.topic);
    if (!entry) return;
    if (message.kind === "log") entry.position = message.next;
    if (message.kind === "job") entry.job = message;
    if (message.kind === "changed") { entry.position = message.mark; entry.changed = message; }
    this.#tell(message, message.topic);
    if (message.kind === "gone") this.#forget(message.topic);
  }
}
const ask = (address, signal) => fetch(address, {signal, cache: "no-store", headers: {Accept: "text/event-stream"}});
async function words(answer) { try { return (await answer.text()).slice(0, 300); } catch { return ""; } }
