// Calls @apigrate/autotask-restapi for the Python tests: one JSON request a line on stdin, one JSON answer a line on stdout.
// argv: the folder that `npm ci` filled. First line: {user, secret, code, base_url}; then {entity, verb, args}.
"use strict";
const path = require("node:path");
const readline = require("node:readline");

const { AutotaskRestApi } = require(path.join(process.argv[2], "node_modules", "@apigrate", "autotask-restapi"));

let api = null;

async function answer(request) {
  if (api === null) {
    api = new AutotaskRestApi(request.user, request.secret, request.code, { base_url: request.base_url });
    return { value: null };
  }
  if (request.verb === "zoneInfo") {
    return { value: api.zoneInfo };
  }
  try {
    return { value: await api[request.entity][request.verb](...request.args) };
  } catch (error) {
    return { error: { name: error.constructor.name, message: error.message, status: error.status, details: error.details } };
  }
}

(async () => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    process.stdout.write(JSON.stringify(await answer(JSON.parse(line))) + "\n");
  }
  process.exit(0); // sockets that the client keeps open must not keep this process
})();
