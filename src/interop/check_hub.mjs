// check_hub.mjs URL REPOSITORY REVISION FILE: prints what @huggingface/hub makes of a service, as JSON.
import { downloadFile, fileDownloadInfo, fileExists, listFiles, listModels, modelInfo, parseSafetensorsMetadata } from '@huggingface/hub';
import { createHash } from 'node:crypto';

const [hubUrl, repo, revision, path] = process.argv.slice(2);
const at = { repo, revision, hubUrl };
const files = [];
for await (const file of listFiles({ ...at, recursive: true })) files.push(file.path);
const models = [];
for await (const model of listModels({ hubUrl, search: { query: repo } })) models.push(model.name);
const blob = await downloadFile({ ...at, path });
const tail = await blob.slice(blob.size - 1000).arrayBuffer();
const header = await parseSafetensorsMetadata({ ...at, path, computeParametersCount: true });
let missing;
try { await modelInfo({ name: repo, revision: 'nope', hubUrl }); } catch (e) { missing = `${e.statusCode} ${e.message}`; }
console.log(JSON.stringify({
    files, models, missing,
    sha: (await modelInfo({ name: repo, revision, hubUrl, additionalFields: ['sha'] })).sha,
    size: (await fileDownloadInfo({ ...at, path })).size,
    sha256: createHash('sha256').update(Buffer.from(await blob.arrayBuffer())).digest('hex'),
    tail: createHash('sha256').update(Buffer.from(tail)).digest('hex'),
    parameters: header.parameterCount ?? header.header,
    exists: await fileExists({ ...at, path }),
    existsNot: await fileExists({ ...at, path: 'nope.bin' }),
}));
