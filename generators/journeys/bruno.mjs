// What Bruno does when a document is imported: FILE DOCUMENT COLLECTION.
import { readFileSync, writeFileSync } from 'node:fs';
import { openApiToBruno } from '@usebruno/converters';

const [document, collection] = process.argv.slice(2);
writeFileSync(collection, JSON.stringify(openApiToBruno(JSON.parse(readFileSync(document, 'utf8')))));
