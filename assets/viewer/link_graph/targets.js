// What a pointer hits on the link graph: an answer, a folded cell's key, or the nearest node. Pure.
import { quadtree } from "../../vendor/d3.js";

/**
 * @param {import("./layout.js").Grid} grid
 * @param {import("./layout.js").Places} places
 * @param {Uint8Array} shown
 */
export function makeTargets(grid, places, shown) {
  const { x, y, radius, folds } = places;
  /** @type {import("../../vendor/d3.js").Quadtree<number> | null} */
  let nodes = null;

  /** Sorted by place when a pointer first asks. */
  const byPlace = () =>
    (nodes ??= quadtree(
      Array.from(shown.keys()).filter((node) => shown[node] && radius[node] > 0),
      (node) => x[node],
      (node) => y[node],
    ));

  /**
   * A node, a folded cell's key, or nothing.
   * @param {number} across
   * @param {number} down
   * @param {number} reach  how far from the pointer a node may be
   * @returns {number | string | null}
   */
  return function at(across, down, reach) {
    const inside = (/** @type {import("./answer_boxes.js").AnswerBox} */ box) =>
      shown[box.node] &&
      across >= box.x &&
      across <= box.x + box.width &&
      down >= box.y &&
      down <= box.y + box.height;
    const answer = grid.answers.find(inside);
    if (answer) return answer.node;
    const on = folds.find((one) => Math.abs(across - one.x) < 14 && Math.abs(down - one.y) < 8);
    return on ? on.cell : (byPlace().find(across, down, reach) ?? null);
  };
}
