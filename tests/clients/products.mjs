// The published example for Node.js: node products.mjs BASE_URL KEY [PARAMETERS_AS_JSON]

import axios from 'axios'

const [base, key, parameters = '{}'] = process.argv.slice(2)

try {
  const response = await axios.get(`${base}/api/application/products`, {
    headers: {
      Authorization: `Bearer ${key}`,
      Accept: 'application/json',
    },
    params: JSON.parse(parameters),
  })
  console.log(JSON.stringify(response.data))
} catch (error) {
  if (!error.response) throw error
  console.error(`${error.name}: ${error.response.data.message}`)
  process.exitCode = 1
}
