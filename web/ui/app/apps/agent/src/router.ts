// Routes and who may see them: the server decides about data, this only spares people empty pages.

import { createRouter, createWebHistory, type RouteLocationNormalized, type RouteLocationRaw } from 'vue-router'
import { may_somewhere } from './access'
import { api } from './api'
import { PLACES } from './router_paths'
import { load_session, session } from './session'
import { settings_routes } from './settings/routes'

export const router = createRouter({
  history: createWebHistory('/'),
  routes: [
    { path: '/', redirect: '/inbox/team' },
    { path: '/login', name: 'login', component: () => import('./auth/LoginPage.vue'), meta: { open: true } },
    { path: '/forgot', name: 'forgot', component: () => import('./auth/ForgotPage.vue'), meta: { open: true } },
    { path: '/reset', name: 'reset', component: () => import('./auth/ResetPage.vue'), meta: { open: true } },
    { path: '/welcome', name: 'welcome', component: () => import('./auth/WelcomePage.vue'), meta: { open: true } },
    { path: '/new-password', name: 'new-password', component: () => import('./auth/NewPasswordPage.vue') },
    { path: '/setup', name: 'setup', component: () => import('./auth/SetupPage.vue'), meta: { open: true } },
    {
      path: `/inbox/:view(${PLACES})/:conversationId(\\d+|[\\w-]+)?`,
      name: 'inbox',
      component: () => import('./inbox/InboxPage.vue'),
    },
    ...settings_routes,
    { path: '/:rest(.*)*', redirect: '/inbox/team' },
  ],
})

router.beforeEach(async (to): Promise<RouteLocationRaw | boolean> => {
  if (to.meta.open) {
    if (to.name === 'login' && session.value) return { path: '/inbox/team' }
    return true
  }
  if (session.value) return allowed(to)
  try {
    if (await load_session()) return allowed(to)
    const { needed } = await api.setup_needed()
    return needed ? { name: 'setup' } : { name: 'login', query: to.fullPath === '/inbox/team' ? {} : { to: to.fullPath } }
  } catch {
    return { name: 'login', query: to.fullPath === '/inbox/team' ? {} : { to: to.fullPath } }
  }
})

/** Lists that only some may see, with what it takes. */
const GUARDED: Record<string, string> = { user: 'see_others_inbox', deleted: 'delete_conversation' }

function allowed(to: RouteLocationNormalized): RouteLocationRaw | boolean {
  const needed = GUARDED[String(to.params.view)]
  if (to.name === 'inbox' && needed && !may_somewhere(session.value, needed)) return { path: '/inbox/team' }
  return own_password(to.name)
}

/** Who signed in with a temporary password replaces it first. */
function own_password(name: unknown): RouteLocationRaw | boolean {
  const needed = !!session.value?.user.must_change_password
  if (needed && name !== 'new-password') return { name: 'new-password' }
  if (!needed && name === 'new-password') return { path: '/account/security' }
  return true
}
