// Places the boxes of the answers along the top so that no two overlap. The likeliest stands
// lowest and rightmost, next to the last token's column, where its strongest lines come from.

/**
 * @typedef {object} AnswerBox
 * @property {number} node
 * @property {number} text  which of the answers' texts stands in it
 * @property {number} x
 * @property {number} y
 * @property {number} width
 * @property {number} height
 */

const HEIGHT = 22;
const GAP = 6;
const PAD = 9;
const MAX_WIDTH = 150;

/**
 * Lines of boxes, filled from the right and from below.
 * @param {import("../graph/graph.js").Graph} graph
 * @param {number} width  of the whole picture
 * @param {number[]} textWidths  one an answer, in the graph's order
 * @returns {{boxes: AnswerBox[], height: number}}
 */
export function placeAnswers(graph, width, textWidths) {
  const room = width - 2 * GAP;
  const right = width - GAP;
  /** @type {{boxes: AnswerBox[], width: number}[]} */
  const lines = [];
  graph.answers.forEach(({ node }, text) => {
    const boxWidth = Math.min(textWidths[text] + 2 * PAD, MAX_WIDTH);
    let line = lines[lines.length - 1];
    if (!line || line.width + boxWidth > room) {
      line = { boxes: [], width: 0 };
      lines.push(line);
    }
    const x = right - line.width - boxWidth;
    line.boxes.push({ node, text, x, y: 0, width: boxWidth, height: HEIGHT });
    line.width += boxWidth + GAP;
  });
  lines.reverse().forEach((line, at) => {
    for (const box of line.boxes) box.y = GAP + at * (HEIGHT + GAP);
  });
  return {
    boxes: lines.flatMap((line) => line.boxes),
    height: GAP + lines.length * (HEIGHT + GAP),
  };
}
