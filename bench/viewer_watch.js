// Times what a viewer does in the page it stands in. `window.viewer` says how its parts are called:
// `shown`, `whole`: whether the graph is drawn, and all panels too; `redrawn`: what is another object
// once a step of the slider is drawn, nothing where that is done by the next frame; `lists`: the
// element that lists what feeds a node and what it feeds.
{
  const find = (selector) => document.querySelector(selector);

  /** Tells the time when the browser has painted the next frame. */
  const nextPaint = (tell) =>
    requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => tell(performance.now());
      channel.port2.postMessage(0);
    });

  const painted = (what, there) =>
    new Promise((tell, fail) => {
      setTimeout(() => fail(new Error(`${what} did not appear`)), 60000);
      const look = () => (there(find) ? nextPaint(tell) : requestAnimationFrame(look));
      requestAnimationFrame(look);
    });

  window.shown = painted("the graph", viewer.shown);
  window.whole = painted("the panels", viewer.whole);
  window.times = [];
  window.timed = "";

  for (const type of ["pointermove", "click", "input"])
    addEventListener(
      type,
      (event) => {
        if (type !== window.timed) return;
        const heard = performance.now();
        const time = { painted: 0, waited: 0, lists: null };
        const answered = () =>
          nextPaint((now) => {
            time.painted = now - heard;
            time.waited = now - event.timeStamp;
            window.times.push(time);
          });
        if (type === "click") listsPainted((now) => (time.lists = now - heard));
        if (type === "input" && viewer.redrawn) whenRedrawn(answered);
        else answered();
      },
      { capture: true },
    );

  function whenRedrawn(answered) {
    const before = viewer.redrawn(find);
    const look = () => {
      const now = viewer.redrawn(find);
      if (now && now !== before) answered();
      else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  }

  let observer = new MutationObserver(() => {});
  function listsPainted(tell) {
    observer.disconnect();
    observer = new MutationObserver(() => nextPaint(tell));
    observer.observe(find(viewer.lists), { childList: true, subtree: true });
  }
}
