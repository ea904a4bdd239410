// What a person did in one session: pokes, names, claims; undone one by one, and written down on the
// server, in order.
import { post } from "./api.js";

/**
 * @typedef {object} Poke
 * @property {string} kind
 * @property {string} name
 * @property {string[]} nodes
 * @property {number} value
 * @property {boolean} on
 * @property {any[]} [heads]
 */

export class Work {
  /** @param {any} session */
  constructor(session) {
    this.session = session;
    /** @type {Poke[]} */
    this.pokes = (session.pokes ?? []).map((/** @type {any} */ one) => ({ nodes: [], ...one }));
    /** @type {Record<string, string>} */
    this.labels = { ...session.labels };
    /** @type {Record<string, {name: string, nodes: string[]}>} */
    this.groups = { ...session.groups };
    /** @type {any[]} */
    this.claims = session.claims ?? [];
    /** @type {Poke[][]} */
    this.past = [];
    this.revision = session.revision ?? 0;
    /** @type {Promise<any>} */
    this.last = Promise.resolve();
  }

  /** @param {Poke[]} next */
  change(next) {
    this.past.push(this.pokes);
    this.pokes = next;
  }

  /** Whether there was anything to undo. */
  undo() {
    const before = this.past.pop();
    if (before) this.pokes = before;
    return before !== undefined;
  }

  asked() {
    return { session: this.session.id, pokes: this.pokes };
  }

  save() {
    return this.inTurn(() => this.write());
  }

  /** What was just tried, as one more claim. */
  claim() {
    return this.inTurn(async () => {
      await this.write();
      this.take(await post("claim", this.asked()));
    });
  }

  /** @param {string} slug @param {string | null} by */
  keep(slug, by) {
    return this.inTurn(async () => {
      await this.write();
      const found = await post("keep", { session: this.session.id, slug, by });
      this.revision = found.revision;
      return found;
    });
  }

  /** One behind the other: each knows the revision that the one before left. @param {() => Promise<any>} ask */
  inTurn(ask) {
    const mine = this.last.then(ask);
    this.last = mine.catch(() => undefined);
    return mine;
  }

  async write() {
    const { labels, groups, claims } = this;
    const sent = { ...this.asked(), labels, groups, claims, seen: this.revision };
    this.take(await post("work", sent));
  }

  /** @param {any} session */
  take(session) {
    this.revision = session.revision ?? 0;
    this.claims = session.claims ?? [];
  }
}
