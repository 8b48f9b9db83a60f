// Looks at pages as people do: usage `node browser.mjs PROFILE AXE <JOBS`.
//
// The jobs are JSON: a list of { url, width, dark, script } in which each script is the body of an async function
// whose result is the job's answer; `press(key)` sends a key, and `axe` checks the page for barriers. The answers
// are JSON, in the same order: { result, errors, requests, load }.
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";

const [profile, axe] = process.argv.slice(2);
const jobs = JSON.parse(readFileSync(0, "utf8"));
const barriers = existsSync(axe) ? readFileSync(axe, "utf8") : null;
const browser = spawn("chromium", [
  "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync",
  "--disable-component-update", `--user-data-dir=${profile}`, "--remote-debugging-pipe", "about:blank",
], { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
browser.on("error", (error) => { console.error(error.message); process.exit(3); });

const waiting = new Map();
let heard = () => {};
let next = 1;
let rest = "";
browser.stdio[4].on("data", (data) => {
  rest += data;
  for (let end; (end = rest.indexOf("\0")) >= 0; rest = rest.slice(end + 1)) {
    const message = JSON.parse(rest.slice(0, end));
    if (message.id) waiting.get(message.id)(message);
    else heard(message);
  }
});
const send = (method, params = {}, sessionId) => new Promise((done) => {
  const id = next++;
  waiting.set(id, done);
  browser.stdio[3].write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
});
const result = async (answer) => {
  const { error, result } = await answer;
  if (error) throw new Error(error.message);
  return result;
};

const answers = [];
for (const { url, width, dark, media, script } of jobs) {
  const { targetId } = await result(send("Target.createTarget", { url: "about:blank" }));
  const { sessionId } = await result(send("Target.attachToTarget", { targetId, flatten: true }));
  const call = (method, params) => result(send(method, params, sessionId));
  const errors = [];
  const requests = [];
  let loaded;
  const load = new Promise((done) => { loaded = done; });
  heard = ({ method, params, sessionId: from }) => {
    if (from !== sessionId) return;
    if (method === "Page.loadEventFired") loaded();
    if (method === "Log.entryAdded") errors.push(params.entry.text);
    if (method === "Runtime.exceptionThrown") errors.push(params.exceptionDetails.exception?.description ?? params.exceptionDetails.text);
    if (method === "Network.requestWillBeSent") requests.push(params.request.url);
  };
  for (const domain of ["Page", "Log", "Runtime", "Network"]) await call(`${domain}.enable`);
  const scheme = { name: "prefers-color-scheme", value: dark ? "dark" : "light" };
  await call("Emulation.setEmulatedMedia", { media: media ?? "", features: [scheme] });
  await call("Emulation.setDeviceMetricsOverride", { width, height: 900, deviceScaleFactor: 1, mobile: false });
  await call("Page.navigate", { url });
  await load;
  const evaluate = async (expression) => {
    const { result: value, exceptionDetails } = await call("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return value.value;
  };
  const press = async (key) => {
    const text = key.length === 1 ? key : undefined;
    await call("Input.dispatchKeyEvent", { type: "keyDown", key, text });
    await call("Input.dispatchKeyEvent", { type: "keyUp", key });
  };
  const capture = async () => (await call("Page.captureScreenshot", { format: "png" })).data;
  const check = async () => {
    if (barriers === null) return null;
    await evaluate(barriers);
    return evaluate(`axe.run({ resultTypes: ["violations"] }).then(({ violations, passes }) => ({
      passes: passes.length,
      violations: violations.map(({ id, nodes }) => [id, nodes[0].html.slice(0, 300), nodes[0].failureSummary]) }))`);
  };
  const run = new (Object.getPrototypeOf(async () => {}).constructor)("evaluate", "press", "check", "capture", script);
  const value = await run(evaluate, press, check, capture);
  const took = await evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd");
  answers.push({ result: value ?? null, errors, requests: requests.filter((one) => one !== url), load: took });
  await result(send("Target.closeTarget", { targetId }));
}
process.stdout.write(JSON.stringify(answers), () => { browser.kill(); process.exit(0); });
