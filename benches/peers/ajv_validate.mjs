// ajv with the published schema: parse the YAML, then validate it.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [modules, schema, file] = process.argv.slice(2);
const require = createRequire(`${modules}/`);
const Ajv = require("ajv/dist/2020").default;
const yaml = require("js-yaml");
const ajv = new Ajv({ strict: false, allErrors: true, logger: false, validateFormats: false });
const validate = ajv.compile(JSON.parse(readFileSync(schema, "utf8")));
// Scalars stay texts where the file has no quotes: 0100 is an extension, not a number.
const valid = validate(yaml.load(readFileSync(file, "utf8"), { schema: yaml.CORE_SCHEMA }));
console.log(valid ? "valid" : `${validate.errors.length} errors`);
