import type { Activity } from '../../actions/security-info.ts'
import { Layout } from '../layout.tsx'
import type { PageContext } from '../page.ts'

type ActivityProps = { readonly page: PageContext; readonly activities: readonly Activity[] }

/** The last of what happened to one's own account (AUD-11). */
export function ActivityPage({ page, activities }: ActivityProps) {
  const { texts } = page
  return (
    <Layout page={page} title={texts.t('page.activity.title')} path="/security-info/activity">
      <p>{texts.t('page.activity.intro')}</p>
      {activities.length === 0 && <p class="hint">{texts.t('page.activity.nothing')}</p>}
      <ul class="activity">
        {activities.map(activity => (
          <Item key={activity.id} page={page} activity={activity} />
        ))}
      </ul>
      <p class="after">
        <a href="/security-info">{texts.t('page.held.back')}</a>
      </p>
    </Layout>
  )
}

function Item({ page: { texts }, activity }: { page: PageContext; activity: Activity }) {
  const { name, at, method, where } = activity
  return (
    <li>
      <p class="name">{texts.t(`page.activity.${name}`)}</p>
      <p class="about">
        {texts.moment(at)}
        {method && ` · ${texts.t(`page.method.${method}`)}`}
        {where.length > 0 && (
          <>
            {' · '}
            <bdi dir="ltr">{where.join(', ')}</bdi>
          </>
        )}
      </p>
    </li>
  )
}
