// Usage: node validate.mjs DOCUMENT VALUES. Prints what Ajv says against values, as a JSON object by name.
// VALUES is a JSON object: names, each with the name of a schema and a value.
import {readFileSync} from 'node:fs';
import Ajv from 'ajv';
import addFormats from 'ajv-formats';

const [document, values] = process.argv.slice(2).map((path) => JSON.parse(readFileSync(path, 'utf8')));
// OpenAPI has keywords that JSON Schema does not know, as example and xml.
const ajv = addFormats(new Ajv({strict: false, logger: false})).addSchema(document, 'api');
const compiled = (schema) => ajv.compile({$ref: `api#/components/schemas/${schema}`});
Object.keys(document.components.schemas).forEach(compiled);
const found = {};
for (const [name, [schema, value]] of Object.entries(values)) {
  const fits = compiled(schema);
  if (!fits(value)) found[name] = fits.errors;
}
console.log(JSON.stringify(found));
