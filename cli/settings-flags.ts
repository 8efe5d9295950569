import { type Command, Option } from "commander";
import { environmentName, loadSettings, OPTIONS, type Settings } from "../runtime/settings.js";

/** Adds a flag for each setting. */
export function withSettings(command: Command): Command {
  for (const option of OPTIONS) {
    const fallback = option.fallback === "" ? "" : ` (default ${String(option.fallback)})`;
    const about = `${option.about}${fallback} [${environmentName(option)}]`;
    command.addOption(new Option(`--${option.toml} <value>`, about));
  }
  return command;
}

/** Settings from a command's flags, the environment and rustorium.toml. Throws SettingError. */
export function settingsOf(flags: Record<string, unknown>): Settings {
  return loadSettings(flags);
}
