// A permanent link names the revision it was made for. When a newer one has taken the page's place,
// the link goes on to where the old one is kept.

/** @param {string} own  the revision of this page */
export function onToItsRevision(own) {
  const address = new URL(location.href);
  const wanted = address.searchParams.get("revision") ?? "";
  if (!/^[1-9]\d{0,8}$/.test(wanted) || !(Number(wanted) < Number(own))) return false;
  address.pathname = address.pathname.replace(/[^/]*$/, `${wanted}/`);
  location.replace(address);
  return true;
}
