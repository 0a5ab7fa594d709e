// Reads lines of {"secret", "headers", "body"} and answers each with "ok" or with why the library refuses it.
import { createInterface } from "node:readline";
import { Webhook } from "standardwebhooks";

for await (const line of createInterface({ input: process.stdin })) {
  const { secret, headers, body } = JSON.parse(line);
  try {
    new Webhook(secret).verify(body, headers);
    console.log("ok");
  } catch (refused) {
    console.log(`refused: ${refused.message}`);
  }
}
