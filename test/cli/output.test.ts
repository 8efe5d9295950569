import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

it("ends well when its reader has had enough, as `head` has", async () => {
  const child = spawn(process.execPath, ["bin/rustorium.js", "topics", "describe"], { cwd: ROOT });
  child.stdout.destroy();
  let complaints = "";
  child.stderr.on("data", (text: Buffer) => {
    complaints += text.toString();
  });
  const [code] = (await once(child, "close")) as [number | null];
  expect({ code, complaints }).toEqual({ code: 0, complaints: "" });
});
