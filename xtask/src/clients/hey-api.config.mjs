// The settings of @hey-api/openapi-ts, whose command line does not know all of them.

export default {
  input: process.env.DOCUMENT,
  // Node.js imports files by their whole names.
  output: { path: process.env.CLIENT, importFileExtension: ".js" },
  plugins: ["@hey-api/client-fetch", "@hey-api/sdk", "@hey-api/typescript"],
};
