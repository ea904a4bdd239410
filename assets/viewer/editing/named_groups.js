// What edits of groups would break elsewhere: claims that name a group, and links to it. Pure.

/** @typedef {import("../state/work.js").Annotations} Annotations */
/** @typedef {Record<string, {claims: string[], linked: boolean}>} Named  by a group's key */

/**
 * In sentences, with what to do.
 * @param {{slug: string, annotations: Annotations, named: Named}} written
 * @param {Annotations} wanted
 * @returns {string[]}
 */
export function warningsOf({ slug, annotations, named }, wanted) {
  return Object.entries(named).flatMap(([key, by]) => {
    const [was, is] = [annotations.groups[key], wanted.groups[key]];
    if (was && !is) return [gone(was.name, by)];
    if (was.nodes.join() === is.nodes.join() || !by.claims.length) return [];
    const claims = `${theClaims(by.claims)} ${by.claims.length > 1 ? "were" : "was"}`;
    return [
      `“${is.name}” gets other nodes than those that ${claims} tested with: “tracer verify ${slug}” has to be run again.`,
    ];
  });
}

/**
 * @param {string} name
 * @param {Named[string]} by
 */
function gone(name, { claims, linked }) {
  const namers = [
    ...(claims.length ? [`${theClaims(claims)} ${claims.length > 1 ? "name" : "names"} it`] : []),
    ...(linked ? ["the write-up or a note links to it"] : []),
  ];
  const mend = [
    ...(claims.length ? [`let ${theClaims(claims)} name its nodes instead`] : []),
    ...(linked ? ["take the links out"] : []),
  ];
  return (
    `There is no group “${name}” any more, but ${namers.join(", and ")}: “tracer check” refuses ` +
    `that. Close this and undo the ungrouping, or ${mend.join(" and ")} in the same pull request.`
  );
}

/** @param {string[]} ids */
const theClaims = (ids) => `the claim${ids.length > 1 ? "s" : ""} ${ids.join(", ")}`;
