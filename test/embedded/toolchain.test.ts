import { describe, expect, it } from "vitest";
import { decideToolchain, parseJavaVersion, type Toolchain } from "../../runtime/embedded/toolchain.js";

const nothing: Toolchain = {
  java: "java",
  javaVersion: undefined,
  javaBuild: undefined,
  maven: false,
  docker: false,
};
const embedded: Toolchain = { ...nothing, javaVersion: 17, javaBuild: "17", maven: true };
const docker: Toolchain = { ...nothing, docker: true };

describe("the way to run the broker", () => {
  it("is embedded where Java and Maven are", () => {
    expect(decideToolchain(embedded, { jarsPresent: false })).toEqual({ mode: "embedded" });
  });

  it("is embedded without Maven once the jars are there", () => {
    expect(decideToolchain({ ...embedded, maven: false }, { jarsPresent: true })).toEqual({
      mode: "embedded",
    });
  });

  it("is embedded rather than Docker where both would do, unless Docker is asked for", () => {
    const both = { ...embedded, docker: true };
    expect(decideToolchain(both, { jarsPresent: true }).mode).toBe("embedded");
    expect(decideToolchain(both, { jarsPresent: true, wanted: "docker" }).mode).toBe("docker");
  });

  it.each([
    ["no Java", docker],
    ["an old Java", { ...docker, javaVersion: 11, maven: true }],
    ["no Maven for the first start", { ...docker, javaVersion: 17 }],
  ])("is Docker with %s", (_case, found) => {
    expect(decideToolchain(found, { jarsPresent: false })).toEqual({ mode: "docker" });
  });

  it("never is what was not asked for", () => {
    expect(decideToolchain(docker, { jarsPresent: false, wanted: "embedded" }).mode).toBe("none");
    expect(decideToolchain(embedded, { jarsPresent: true, wanted: "docker" }).mode).toBe("none");
  });

  it("is explained, with both ways and what was found, where neither works", () => {
    const decision = decideToolchain({ ...nothing, javaVersion: 11 }, { jarsPresent: false });
    expect(decision).toMatchObject({ mode: "none", code: "JAVA_MISSING" });
    const { message } = decision as { message: string };
    for (const part of [
      "Java 17 or newer",
      "Maven 3.6",
      "Docker",
      "Java 11 found, too old",
      "Maven not found",
    ]) {
      expect(message).toContain(part);
    }
  });

  it("names Maven as what is missing where Java is fine", () => {
    const decision = decideToolchain({ ...nothing, javaVersion: 21 }, { jarsPresent: false });
    expect(decision).toMatchObject({ mode: "none", code: "MAVEN_MISSING" });
  });
});

describe("the version of Java", () => {
  it.each([
    ['openjdk version "17.0.15" 2025-04-15\nOpenJDK Runtime Environment', 17],
    ['openjdk version "21" 2023-09-19', 21],
    ['java version "1.8.0_402"', 8],
    ['Picked up JAVA_TOOL_OPTIONS: -Dx=y\nopenjdk version "25-ea" 2025-09-16', 25],
    ["command not found", undefined],
    [undefined, undefined],
  ])("is read from %j", (text, version) => {
    expect(parseJavaVersion(text).javaVersion).toBe(version);
  });
});
