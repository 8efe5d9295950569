import { type ParseArgsConfig, parseArgs } from "node:util";

type Options = NonNullable<ParseArgsConfig["options"]>;

/**
 * The flags of a command of package.json. Every one of them takes `--help` besides.
 * @throws RangeError with the usage, where a flag isn't known or lacks its value
 */
export function parseFlags<T extends Options>(options: T, usage: string) {
  try {
    return parseArgs({ options: { ...options, help: { type: "boolean", default: false } } }).values;
  } catch (error) {
    throw new RangeError(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
  }
}
