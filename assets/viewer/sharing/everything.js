// All of a graph in one file: what the page's facts link to, tables, pictures and the citation, as a
// ZIP. Written here, as a ZIP without compression is a list of files, and a library would be larger
// than all it packs for. Its layout: APPNOTE 6.3, sections 4.3.7, 4.3.12 and 4.3.16.

/** @typedef {{name: string, content: Uint8Array}} Packed */

const NAMES_ARE_UTF8 = 0x800;
const FIRST_DAY = 0x21; // 1980-01-01, so that the same files make the same bytes

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let sum = byte;
  for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
  return sum;
});

/** @param {Uint8Array} content */
function crc32(content) {
  let sum = 0xffffffff;
  for (const byte of content) sum = TABLE[(sum ^ byte) & 255] ^ (sum >>> 8);
  return (sum ^ 0xffffffff) >>> 0;
}

/**
 * Numbers of two or four bytes, the lowest first.
 * @param {[bytes: 2 | 4, value: number][]} fields
 */
function header(fields) {
  const made = new DataView(new ArrayBuffer(fields.reduce((sum, [bytes]) => sum + bytes, 0)));
  let at = 0;
  for (const [bytes, value] of fields) {
    if (bytes === 2) made.setUint16(at, value, true);
    else made.setUint32(at, value, true);
    at += bytes;
  }
  return new Uint8Array(made.buffer);
}

/** @param {Packed[]} files @returns {Blob} */
export function zipped(files) {
  /** @type {Uint8Array[]} */
  const parts = [];
  /** @type {Uint8Array[]} */
  const listed = [];
  let place = 0;
  for (const { name, content } of files) {
    const written = new TextEncoder().encode(name);
    /** @type {[2 | 4, number][]} */
    const common = [
      [2, 20],
      [2, NAMES_ARE_UTF8],
      [2, 0],
      [2, 0],
      [2, FIRST_DAY],
      [4, crc32(content)],
      [4, content.length],
      [4, content.length],
      [2, written.length],
      [2, 0],
    ];
    const local = header([[4, 0x04034b50], ...common]);
    listed.push(
      header([[4, 0x02014b50], [2, 20], ...common, [2, 0], [2, 0], [2, 0], [4, 0], [4, place]]),
      written,
    );
    parts.push(local, written, content);
    place += local.length + written.length + content.length;
  }
  const size = listed.reduce((sum, one) => sum + one.length, 0);
  const end = header([
    [4, 0x06054b50],
    [2, 0],
    [2, 0],
    [2, files.length],
    [2, files.length],
    [4, size],
    [4, place],
    [2, 0],
  ]);
  const whole = /** @type {BlobPart[]} */ ([...parts, ...listed, end]);
  return new Blob(whole, { type: "application/zip" });
}

/**
 * @param {[name: string, text: string][]} made  what this page makes
 * @returns {Promise<Blob>}
 * @throws {Error} when a file cannot be fetched
 */
export async function everything(made) {
  const links = /** @type {NodeListOf<HTMLAnchorElement>} */ (
    document.querySelectorAll("#facts a[download]")
  );
  const fetched = await Promise.all(
    [...links].map(async ({ href, download }) => {
      const answer = await fetch(href);
      if (!answer.ok) throw new Error(`${download} cannot be fetched`);
      return { name: download, content: new Uint8Array(await answer.arrayBuffer()) };
    }),
  );
  const texts = made.map(([name, text]) => ({ name, content: new TextEncoder().encode(text) }));
  return zipped([...fetched, ...texts]);
}
