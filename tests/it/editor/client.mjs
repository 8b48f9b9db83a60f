// Asks yaml-language-server what an editor would: usage `node client.mjs SERVER FOLDER <QUESTIONS`.
//
// The questions are JSON: a list of { file, ask: "diagnostics" | "completion" | "hover", line, character }.
// The answers are JSON, in the same order: messages, [label, description, inserted] triples, or text.
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [server, folder] = process.argv.slice(2).map((path) => resolve(path));
const questions = JSON.parse(readFileSync(0, "utf8"));
const written = join(folder, ".vscode/settings.json");
const settings = existsSync(written) ? JSON.parse(readFileSync(written, "utf8")) : {};
const config = { yaml: { schemas: settings["yaml.schemas"] ?? {}, schemaStore: { enable: false }, hover: true, completion: true, validate: true } };

const child = spawn(process.execPath, [server, "--stdio"], { stdio: ["pipe", "pipe", "inherit"] });
const waiting = new Map();
const published = new Map();
let next = 1;

function send(message) {
  const body = Buffer.from(JSON.stringify({ jsonrpc: "2.0", ...message }));
  child.stdin.write(`Content-Length: ${body.length}\r\n\r\n`);
  child.stdin.write(body);
}

function request(method, params) {
  const id = next++;
  send({ id, method, params });
  return new Promise((answer) => waiting.set(id, answer));
}

function receive({ id, method, params, result }) {
  if (method === undefined) {
    waiting.get(id)(result);
  } else if (id !== undefined) {
    const answer = method === "workspace/configuration" ? params.items.map(({ section }) => config[section] ?? null) : null;
    send({ id, result: answer });
  } else if (method === "textDocument/publishDiagnostics") {
    published.get(params.uri)?.(params.diagnostics);
  }
}

let buffer = Buffer.alloc(0);
child.stdout.on("data", (data) => {
  buffer = Buffer.concat([buffer, data]);
  for (;;) {
    const end = buffer.indexOf("\r\n\r\n");
    if (end < 0) return;
    const length = Number(/Content-Length: (\d+)/i.exec(buffer.toString("latin1", 0, end))[1]);
    if (buffer.length < end + 4 + length) return;
    receive(JSON.parse(buffer.toString("utf8", end + 4, end + 4 + length)));
    buffer = buffer.subarray(end + 4 + length);
  }
});

const root = pathToFileURL(folder).href;
await request("initialize", {
  processId: process.pid,
  rootUri: root,
  workspaceFolders: [{ uri: root, name: "workspace" }],
  capabilities: { workspace: { configuration: true, workspaceFolders: true }, textDocument: { completion: { completionItem: { snippetSupport: true, documentationFormat: ["markdown"] } } } },
});
send({ method: "initialized", params: {} });
send({ method: "workspace/didChangeConfiguration", params: { settings: config } });

const opened = new Map();
function open(file) {
  if (!opened.has(file)) {
    const uri = pathToFileURL(join(folder, file)).href;
    const text = readFileSync(join(folder, file), "utf8");
    const diagnostics = new Promise((answer) => published.set(uri, answer));
    send({ method: "textDocument/didOpen", params: { textDocument: { uri, languageId: "yaml", version: 1, text } } });
    opened.set(file, { uri, diagnostics });
  }
  return opened.get(file);
}

const plain = (text) => (typeof text === "string" ? text : (text?.value ?? ""));
const answers = [];
for (const { file, ask, line, character } of questions) {
  const { uri, diagnostics } = open(file);
  const position = { textDocument: { uri }, position: { line, character } };
  if (ask === "diagnostics") {
    answers.push((await diagnostics).map(({ message, range }) => `${range.start.line + 1}: ${message}`));
  } else if (ask === "completion") {
    const list = await request("textDocument/completion", position);
    answers.push((list.items ?? list).map((item) => [item.label, plain(item.documentation), item.insertText ?? item.textEdit?.newText ?? ""]));
  } else {
    const hover = await request("textDocument/hover", position);
    answers.push(plain(hover?.contents));
  }
}
await request("shutdown", null);
send({ method: "exit" });
process.stdout.write(JSON.stringify(answers, null, 1));
