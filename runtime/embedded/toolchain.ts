import { execFile } from "node:child_process";
import { join } from "node:path";

/** The oldest Java that runs both the broker and the registry. */
export const JAVA_VERSION_MIN = 17;
/** A tool that does not answer in this time counts as missing. */
const DETECT_TIMEOUT_MS = 20_000;

/** What this machine has. */
export interface Toolchain {
  /** How to call Java. */
  readonly java: string;
  /** Java's feature release (17, 21), or undefined without Java. */
  readonly javaVersion: number | undefined;
  /** Java's exact build, which a class archive is bound to. */
  readonly javaBuild: string | undefined;
  readonly maven: boolean;
  /** Whether a Docker engine answers and has the compose plugin. */
  readonly docker: boolean;
}

/** What a start needs to know to decide. */
export interface ToolchainNeeds {
  /** The jars are here already, so Maven is not needed. */
  readonly jarsPresent: boolean;
  /** What the user asked for; nothing means: embedded if possible. */
  readonly wanted?: "embedded" | "docker" | undefined;
}

/** How the broker and the registry will be run; `none` carries the message to show. */
export type ToolchainDecision =
  | { readonly mode: "embedded" }
  | { readonly mode: "docker" }
  | { readonly mode: "none"; readonly code: "JAVA_MISSING" | "MAVEN_MISSING"; readonly message: string };

/** Decides by facts alone: embedded when Java (and, for the first start, Maven) is here, else Docker, else neither. */
export function decideToolchain(found: Toolchain, needs: ToolchainNeeds): ToolchainDecision {
  const javaReady = found.javaVersion !== undefined && found.javaVersion >= JAVA_VERSION_MIN;
  const embeddedReady = javaReady && (found.maven || needs.jarsPresent);
  if (needs.wanted !== "docker" && embeddedReady) return { mode: "embedded" };
  if (needs.wanted !== "embedded" && found.docker) return { mode: "docker" };
  return {
    mode: "none",
    code: javaReady ? "MAVEN_MISSING" : "JAVA_MISSING",
    message: explain(found, needs, javaReady, embeddedReady),
  };
}

/** Asks each tool for its version, all at once. */
export async function detectToolchain(environment: NodeJS.ProcessEnv = process.env): Promise<Toolchain> {
  const home = environment.JAVA_HOME;
  const java = home === undefined || home === "" ? "java" : join(home, "bin", "java");
  const [javaText, mavenText, engineText, composeText] = await Promise.all([
    ask(java, ["-version"]),
    ask("mvn", ["-v"]),
    ask("docker", ["info", "--format", "{{.ServerVersion}}"]),
    ask("docker", ["compose", "version"]),
  ]);
  return {
    java,
    ...parseJavaVersion(javaText),
    maven: mavenText !== undefined,
    docker: engineText !== undefined && engineText.trim() !== "" && composeText !== undefined,
  };
}

/** Asks Java alone: enough when the jars are here, and ten times faster than asking Maven. */
export async function detectJava(environment: NodeJS.ProcessEnv = process.env): Promise<Toolchain> {
  const home = environment.JAVA_HOME;
  const java = home === undefined || home === "" ? "java" : join(home, "bin", "java");
  return { java, ...parseJavaVersion(await ask(java, ["-version"])), maven: false, docker: false };
}

/** Reads what `java -version` prints: `openjdk version "17.0.15" …`, or `"1.8.0_402"` for the old counting. */
export function parseJavaVersion(text: string | undefined): Pick<Toolchain, "javaVersion" | "javaBuild"> {
  const match = /version "(\d+)(?:\.(\d+))?[^"]*"/.exec(text ?? "");
  if (match === null) return { javaVersion: undefined, javaBuild: undefined };
  const first = Number(match[1]);
  const javaVersion = first === 1 ? Number(match[2]) : first;
  return { javaVersion, javaBuild: (text ?? "").trim() };
}

function explain(
  found: Toolchain,
  needs: ToolchainNeeds,
  javaReady: boolean,
  embeddedReady: boolean,
): string {
  const java = javaReady
    ? `Java ${found.javaVersion} found`
    : found.javaVersion === undefined
      ? "Java not found"
      : `Java ${found.javaVersion} found, too old`;
  const maven = found.maven ? "Maven found" : needs.jarsPresent ? "Maven not needed" : "Maven not found";
  const docker = found.docker ? "Docker found" : "Docker with compose not found";
  const asked =
    needs.wanted === "docker" && embeddedReady
      ? " Docker was asked for; without asking, the embedded way works."
      : "";
  return (
    "a Kafka broker and a schema registry are needed, and there are two ways to run them here: " +
    `(1) embedded: install Java ${JAVA_VERSION_MIN} or newer (a JDK or JRE) and Maven 3.6 or newer; ` +
    "(2) Docker: install Docker with the compose plugin and start its engine. " +
    `Now: ${java}; ${maven}; ${docker}.${asked}`
  );
}

/** Runs a command and returns all it printed, or undefined when it is missing or fails. */
function ask(command: string, argumentsList: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    const options = { timeout: DETECT_TIMEOUT_MS, windowsHide: true, shell: process.platform === "win32" };
    execFile(command, [...argumentsList], options, (error, stdout, stderr) => {
      resolve(error === null ? `${stdout}${stderr}` : undefined);
    });
  });
}
