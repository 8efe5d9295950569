import type { Command } from "commander";
import { serveGateway } from "../gateway/serve.js";
import { openLog } from "../runtime/log.js";
import { openEnvironment } from "../runtime/process/environment.js";
import { EXIT } from "./failure.js";
import { settingsOf, withSettings } from "./settings-flags.js";
import { stopRequested } from "./signals.js";

/** `rustorium gateway`: REST over the topics, until a signal. */
export function gatewayCommand(program: Command): void {
  withSettings(
    program
      .command("gateway")
      .description("serve REST, OpenAPI and the operators' page over the topics, until Ctrl-C"),
  ).action(async (flags: Record<string, unknown>) => {
    const settings = settingsOf(flags);
    const log = await openLog(settings, "gateway");
    const environment = await openEnvironment(settings, "rustorium-gateway", log);
    const stop = stopRequested();
    const gateway = await serveGateway(environment, { host: settings.host, port: settings.port }, log);
    process.send?.({ kind: "ready", detail: gateway.url });
    if (!process.send) process.stderr.write(`gateway: ${gateway.url}\n`);
    await stop;
    await gateway.close();
    await environment.close();
    process.exit(EXIT.ok);
  });
}
