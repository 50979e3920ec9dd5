export { CreateError, createProject, type ProjectOptions } from './create-project.ts';
export { templates } from './templates.ts';
