// A call with the package xmlrpc: node xmlrpc.mjs BASE_URL KEY METHOD ARGUMENTS_AS_JSON

import xmlrpc from 'xmlrpc'

const [base, key, method, args] = process.argv.slice(2)
const client = xmlrpc.createClient({
  url: `${base}/api/xmlrpc`,
  headers: { Authorization: `Bearer ${key}` },
})

client.methodCall(method, JSON.parse(args), (error, value) => {
  if (error && error.faultCode === undefined) throw error
  console.log(JSON.stringify(error ? { faultCode: error.faultCode, faultString: error.faultString } : value))
})
