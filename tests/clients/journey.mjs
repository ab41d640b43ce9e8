// The journey with what Node.js users hold: node journey.mjs BASE_URL KEY IMAGE axios|fetch|http

import { createReadStream, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import http from 'node:http'
import axios from 'axios'
import FormData from 'form-data'

const [base, key, image, library] = process.argv.slice(2)

const form = () => {
  const data = new FormData()
  data.append('image', createReadStream(image))
  return data
}

// Each sends a request with a body that is null, text, bytes, an object for JSON or 'form'.
const libraries = {
  async axios(method, url, headers, body) {
    const answer = await axios.request({
      method, url, headers, data: body === 'form' ? form() : body, responseType: 'text', validateStatus: null,
    })
    return [answer.status, answer.data]
  },
  async fetch(method, url, headers, body) {
    let sent = body
    if (body === 'form') {
      sent = new globalThis.FormData()
      sent.append('image', new Blob([readFileSync(image)], { type: 'image/png' }), basename(image))
    } else if (body?.constructor === Object) {
      headers = { ...headers, 'Content-Type': 'application/json' }
      sent = JSON.stringify(body)
    }
    const answer = await fetch(url, { method, headers, body: sent })
    return [answer.status, await answer.text()]
  },
  http(method, url, headers, body) {
    return new Promise((resolve, reject) => {
      const data = body === 'form' ? form() : null
      if (body?.constructor === Object) {
        headers = { ...headers, 'Content-Type': 'application/json' }
        body = JSON.stringify(body)
      }
      const request = http.request(url, { method, headers: { ...headers, ...data?.getHeaders() } }, (answer) => {
        const parts = []
        answer.on('data', (part) => parts.push(part))
        answer.on('end', () => resolve([answer.statusCode, Buffer.concat(parts).toString()]))
        answer.on('error', reject)
      })
      request.on('error', reject)
      if (data) data.pipe(request)
      else if (body instanceof Buffer) {
        // As a stream does it: in pieces, chunked.
        for (let n = 0; n < body.length; n += 65536) request.write(body.subarray(n, n + 65536))
        request.end()
      } else request.end(body)
    })
  },
}

const groups = `${base}/api/application/groups`
const authorization = { Authorization: `Bearer ${key}` }
const send = libraries[library]
const print = (step, status, text) => console.log(`${JSON.stringify(step)}: ${JSON.stringify([status, text])}`)
const json = (text) => JSON.parse(text)

let [status, text] = await send('GET', groups, authorization, null)
print('list', status, String(json(text).total))
const group = { name: 'Élite ☃', slug: `elite-${process.pid}`, description: 'x', status: 'active', sort_order: 0 }
;[status, text] = await send('POST', groups, authorization, group)
print('create', status, json(text).name)
const url = `${groups}/${json(text).id}`
;[status, text] = await send('POST', url, authorization, 'form')
print('upload', status, json(text).image.replace(/.*\./, ''))
;[status, text] = await send('GET', url, { ...authorization, Accept: 'application/xml' }, null)
print('xml', status, text.match(/<name>(.*?)<\/name>/)[1])
const typed = { 'Content-Type': 'application/json' }
;[status, text] = await send('POST', url, { ...authorization, ...typed }, Buffer.alloc(8_000_000, ' '))
print('too large', status, json(text).title)
;[status, text] = await send('POST', url, typed, Buffer.alloc(3_000_000, ' '))
print('without key', status, json(text).title)
;[status] = await send('DELETE', url, authorization, null)
print('delete', status, '')
;[status, text] = await send('GET', url, authorization, null)
print('gone', status, json(text).title)
