import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { missingForTerraform, openTerraform } from './support/terraform.ts'

describe('Terraform module', { skip: missingForTerraform() }, () => {
  it('is formatted', async (t: TestContext) => {
    const terraform = await openTerraform(t)
    assert.equal(await terraform.run(['fmt', '-check', '-recursive']), '')
  })

  it('is valid, and passes its own tests', async (t: TestContext) => {
    const terraform = await openTerraform(t)
    await terraform.run(['init', '-backend=false'])
    await terraform.run(['validate'])
    assert.match(await terraform.run(['test', '-no-color']), /Success! \d+ passed, 0 failed/)
  })

  it('is valid as the example uses it', async (t: TestContext) => {
    const terraform = await openTerraform(t)
    await terraform.run(['init', '-backend=false'], 'environments/example')
    await terraform.run(['validate'], 'environments/example')
  })
})
