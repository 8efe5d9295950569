import type { Command } from "commander";
import { chainCommand } from "./chain.js";
import { fileCommand } from "./file.js";

/** `rustorium verify`: checks what a network or its operator says, with nothing but the genesis to go by. */
export function verifyCommand(program: Command): void {
  const verify = program
    .command("verify")
    .description("check what a network says, trusting its genesis only");
  fileCommand(verify);
  chainCommand(verify);
}
