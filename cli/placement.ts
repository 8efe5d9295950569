import { type Command, Option } from "commander";
import { connectKafka } from "../runtime/kafka/client.js";
import { type ViewedPartition, viewPlacement } from "../runtime/placement/view.js";
import { SettingError } from "../runtime/settings.js";
import { EXIT } from "./failure.js";
import { settingsOf, withSettings } from "./settings-flags.js";

const out = (line: string) => process.stdout.write(`${line}\n`);

/** `rustorium placement`: which process has which partitions of which stage, and how busy it is with them. */
export function placementCommand(program: Command): void {
  withSettings(
    program
      .command("placement")
      .description("which process has which partitions of each stage, and what they cost it")
      .addOption(new Option("--json", "print one JSON object a stage").default(false)),
  ).action(async (flags: Record<string, unknown>) => {
    const settings = settingsOf(flags);
    if (settings.brokers.length === 0)
      throw new SettingError("no brokers: --brokers, RUSTORIUM_BROKERS or rustorium.toml");
    const kafka = connectKafka({
      brokers: settings.brokers,
      clientId: "rustorium-placement",
      log: () => undefined,
    });
    const admin = kafka.admin();
    await admin.connect();
    const groups = await viewPlacement(admin, settings.network);
    await admin.disconnect();
    for (const group of groups) {
      if (flags.json) {
        out(JSON.stringify(group));
        continue;
      }
      out(`${group.stage}: ${group.state}, ${group.members.length} members`);
      for (const { member, host, weight, elsewhere, partitions } of group.members) {
        out(`  ${member} at ${host}, weight ${weight ?? "unknown"}, busy elsewhere ${percent(elsewhere)}`);
        out(`    ${partitions.map(describe).join(", ") || "nothing"}`);
      }
    }
    process.exit(EXIT.ok);
  });
}

function describe({ partition, load, lagSeconds, isStuck }: ViewedPartition): string {
  const lag = lagSeconds ? `, ${lagSeconds.toFixed(1)} s behind` : "";
  return `${partition} (${percent(load)}${lag}${isStuck ? ", stuck" : ""})`;
}

function percent(share: number | null): string {
  return share === null ? "unknown" : `${(100 * share).toFixed(1)} %`;
}
