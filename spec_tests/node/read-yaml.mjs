// Usage: node read-yaml.mjs FILE. Prints what js-yaml and yaml, which both read YAML 1.2, make of it: a JSON list.
import {readFileSync} from 'node:fs';
import {load} from 'js-yaml';
import {parse} from 'yaml';

const text = readFileSync(process.argv[2], 'utf8');
console.log(JSON.stringify([load(text), parse(text)]));
