// Fastify with fastify-openapi-glue: requests are validated and answers written after the same
// document as the other contenders that work from one (extract.py).
//
// Why it is fair: the routes, Ajv and fast-json-stringify are Fastify's own; `pg` with a pool and
// named statements, which PostgreSQL prepares once; the key is looked up in a security handler.
// Answers are not validated: what fast-json-stringify writes has the form of the schema.

import cluster from 'node:cluster'
import { createHash, timingSafeEqual } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { hash } from '@node-rs/argon2'
import Fastify from 'fastify'
import openapiGlue from 'fastify-openapi-glue'
import pg from 'pg'

const { DATABASE_URL, PORT, PROCESSES, DOCUMENT } = process.env
const INT8 = 20, TIMESTAMP = 1114, NUMERIC = 1700
pg.types.setTypeParser(INT8, Number)
pg.types.setTypeParser(NUMERIC, Number)
// Moments are in UTC and stay text.
pg.types.setTypeParser(TIMESTAMP, text => `${text.replace(' ', 'T')}Z`)

const document = JSON.parse(readFileSync(DOCUMENT))
const pool = new pg.Pool({ connectionString: DATABASE_URL, max: 20 })
const query = (name, text, values = []) => pool.query({ name, text, values })

const CUSTOMER = `id, firstname, lastname, email, avatar_path, company_name, billing_details, locale, phone, address,
  address2, city, country, region, zipcode, email_verified_at, balance::text AS balance, last_login, is_confirmed,
  is_deleted, deleted_at, dark_mode, notes, created_at, gdpr_compliment, security_question_id`
const CUSTOMERS = `SELECT ${CUSTOMER} FROM customers WHERE deleted_at IS NULL`
const NEW = ['firstname', 'lastname', 'email', 'phone', 'address', 'city', 'region', 'zipcode', 'country', 'locale',
  'password', 'balance', 'is_confirmed', 'is_deleted', 'dark_mode', 'gdpr_compliment']
const CREATE = `INSERT INTO customers (${NEW}, created_at, updated_at)
  VALUES (${NEW.map((_, place) => `$${place + 1}`)}, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC')
  RETURNING ${CUSTOMER}`

function problem(statusCode, message) {
  return Object.assign(new Error(message), { statusCode })
}

class Security {
  async bearer(request) {
    const [number, secret = ''] = (request.headers.authorization ?? '').replace('Bearer ', '').split('|')
    const text = `SELECT k.token FROM personal_access_tokens k JOIN admins a ON a.id = k.tokenable_id
      AND k.tokenable_type = 'App\\Models\\Admin\\Admin' AND a.deleted_at IS NULL WHERE k.id = $1`
    const { rows } = /^\d+$/.test(number) ? await query('key', text, [number]) : { rows: [] }
    const hashed = createHash('sha256').update(secret).digest('hex')
    if (!rows.length || !timingSafeEqual(Buffer.from(rows[0].token), Buffer.from(hashed))) {
      throw problem(401, 'Unauthenticated')
    }
  }
}

const HANDLERS = {
  async 'customers.show'(request) {
    const { rows } = await query('customer', `${CUSTOMERS} AND id = $1`, [request.params.customer_id])
    if (!rows.length) throw problem(404, 'Not found')
    return rows[0]
  },

  async 'customers.index'(request) {
    const { page, per_page: size } = request.query
    const total = await query('customers.total', 'SELECT count(*) FROM customers WHERE deleted_at IS NULL')
    const { rows } = await query('customers', `${CUSTOMERS} ORDER BY id LIMIT $1 OFFSET $2`, [size, (page - 1) * size])
    return nested(request, rows, total.rows[0].count)
  },

  async 'customers.create'(request, reply) {
    const password = await hash(request.body.password, { timeCost: 2, memoryCost: 19456, parallelism: 1 })
    const values = {
      ...request.body, password, is_confirmed: false, is_deleted: false, dark_mode: false, gdpr_compliment: false
    }
    try {
      const { rows } = await query('create', CREATE, NEW.map(name => values[name] ?? null))
      reply.code(201)
      return rows[0]
    } catch (error) {
      throw error.code === '23505' ? problem(422, 'Taken') : error
    }
  },

  async 'services.index'(request) {
    const { page, per_page: size, sort = ['id'] } = request.query
    const statuses = request.query['filter[status]']
    // The document lists the sorts there are.
    const [column, direction] = [sort[0].replace('-', ''), sort[0].startsWith('-') ? 'DESC' : 'ASC']
    const filter = 'FROM services WHERE deleted_at IS NULL AND ($1::text[] IS NULL OR status = ANY($1))'
    const total = await query('services.total', `SELECT count(*) ${filter}`, [statuses])
    const text = `SELECT * ${filter} ORDER BY ${column} ${direction}, id ${direction} LIMIT $2 OFFSET $3`
    const { rows } = await query(`services.${sort[0]}`, text, [statuses, size, (page - 1) * size])
    return nested(request, rows, total.rows[0].count)
  },

  async 'products.index'(request) {
    const { page, per_page: size } = request.query
    const total = await query('products.total', 'SELECT count(*) FROM products WHERE deleted_at IS NULL')
    const text = 'SELECT * FROM products WHERE deleted_at IS NULL ORDER BY id LIMIT $1 OFFSET $2'
    const { rows } = await query('products', text, [size, (page - 1) * size])
    const found = new Map(rows.map(row => [row.id, Object.assign(row, { metadata: [], pricing: [] })]))
    const ids = [[...found.keys()]]
    const [notes, prices] = await Promise.all([
      query('notes', `SELECT * FROM metadata WHERE model_type = 'App\\Models\\Store\\Product'
        AND model_id = ANY($1) ORDER BY id`, ids),
      query('prices', `SELECT * FROM pricings WHERE related_type = 'product' AND deleted_at IS NULL
        AND related_id = ANY($1) ORDER BY id`, ids)
    ])
    for (const note of notes.rows) found.get(note.model_id).metadata.push(note)
    for (const price of prices.rows) found.get(price.related_id).pricing.push(price)
    return flat(request, rows, total.rows[0].count)
  }
}

function numbers(current, last) {
  const range = (from, to) => Array.from({ length: to - from + 1 }, (_, step) => from + step)
  if (last < 14) return range(1, last)
  if (current <= 7) return [...range(1, 10), null, last - 1, last]
  if (current > last - 7) return [1, 2, null, ...range(last - 9, last)]
  return [1, 2, null, ...range(current - 3, current + 3), null, last - 1, last]
}

// The envelope of products; the addresses are those of the request.
function flat(request, data, total) {
  const { page, per_page: size } = request.query
  const [path, sent = ''] = request.url.split('?')
  const address = `${request.protocol}://${request.host}${path}`
  const kept = new URLSearchParams(sent)
  kept.delete('page')
  const start = kept.size ? `${address}?${kept}&page=` : `${address}?page=`
  const last = Math.max(1, Math.ceil(total / size))
  const before = page > 1 ? page - 1 : null
  const after = page < last ? page + 1 : null
  const first = (page - 1) * size
  const url = number => number === null ? null : `${start}${number}`
  const link = (label, number) => ({ url: url(number), label, page: number, active: false })
  return {
    current_page: page,
    data,
    first_page_url: url(1),
    from: data.length ? first + 1 : null,
    last_page: last,
    last_page_url: url(last),
    links: [
      link('&laquo; Previous', before),
      ...numbers(page, last).map(number => number === null
        ? { url: null, label: '...', active: false }
        : { ...link(`${number}`, number), active: number === page }),
      link('Next &raquo;', after)
    ],
    next_page_url: url(after),
    path: address,
    per_page: size,
    prev_page_url: url(before),
    to: data.length ? first + data.length : null,
    total
  }
}

// The envelope of customers and services. What the schema does not name is not written.
function nested(request, data, total) {
  const meta = flat(request, data, total)
  const links = {
    first: meta.first_page_url, last: meta.last_page_url, prev: meta.prev_page_url, next: meta.next_page_url
  }
  return { data, links, meta: { ...meta, data: undefined } }
}

// Lists of the document come as `a,b`.
function parse(text) {
  const found = {}
  for (const [name, value] of new URLSearchParams(text)) {
    found[name] = name.startsWith('filter[') || name === 'sort' || name === 'include' ? value.split(',') : value
  }
  return found
}

async function serve() {
  const app = Fastify({
    routerOptions: { querystringParser: parse },
    ajv: { customOptions: { strict: false, coerceTypes: 'array' } }
  })
  await app.register(openapiGlue, {
    specification: document,
    operationResolver: operation => HANDLERS[operation],
    securityHandlers: new Security(),
    prefix: 'api'
  })
  await app.listen({ port: Number(PORT), host: '127.0.0.1' })
}

if (cluster.isPrimary && Number(PROCESSES) > 1) {
  for (let process = 0; process < Number(PROCESSES); process++) cluster.fork()
} else {
  await serve()
}
