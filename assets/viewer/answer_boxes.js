// Places the boxes of the answers along the top, likeliest first, so that no two overlap.

/** @typedef {{node: number, text: number, x: number, y: number, width: number, height: number}} AnswerBox */

const HEIGHT = 22;
const GAP = 6;
const PAD = 9;
const MAX_WIDTH = 150;

/**
 * Lines of boxes, each line ending at the right edge, where the answers' own token stands.
 * @param {import("./graph.js").Graph} graph
 * @param {number} width  of the whole picture
 * @param {number[]} textWidths  one an answer, in the graph's order
 * @returns {{boxes: AnswerBox[], height: number}}
 */
export function placeAnswers(graph, width, textWidths) {
  const room = width - 2 * GAP;
  /** @type {{boxes: AnswerBox[], width: number}[]} */
  const lines = [];
  graph.answers.forEach(({ node }, text) => {
    const boxWidth = Math.min(textWidths[text] + 2 * PAD, MAX_WIDTH);
    let line = lines[lines.length - 1];
    if (!line || line.width + boxWidth > room) {
      line = { boxes: [], width: 0 };
      lines.push(line);
    }
    const y = GAP + (lines.length - 1) * (HEIGHT + GAP);
    line.boxes.push({ node, text, x: line.width, y, width: boxWidth, height: HEIGHT });
    line.width += boxWidth + GAP;
  });
  for (const line of lines) for (const box of line.boxes) box.x += width - GAP - line.width;
  return { boxes: lines.flatMap((line) => line.boxes), height: GAP + lines.length * (HEIGHT + GAP) };
}
