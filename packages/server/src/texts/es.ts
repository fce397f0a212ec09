import type { Catalog } from './keys.ts';

/** The texts of the server in Spanish, with the terms of the web client’s catalog. */
export const es: Catalog = {
  email: {
    footer: 'Enviado por Parley desde {{server}}',
  },
  code: {
    subject: 'Tu código de verificación de Parley',
    body: `Escribe este código para verificar tu dirección de correo:

    {{code}}

Caduca en 10 minutos y sirve una sola vez. No lo compartas con nadie.
Si no has solicitado este código, puedes ignorar este correo.`,
  },
  alreadyRegistered: {
    subject: 'Ya tienes una cuenta de Parley',
    body: `Alguien ha intentado crear una cuenta de Parley con esta dirección, pero ya tiene una.

Si has sido tú, inicia sesión:

{{server}}/login

Si no recuerdas tu contraseña, restablécela:

{{server}}/forgot

Si no has sido tú, puedes ignorar este correo.`,
  },
  reset: {
    subject: 'Restablece tu contraseña de Parley',
    body: `Hemos recibido una solicitud para restablecer la contraseña de tu cuenta.
Para elegir una contraseña nueva, abre este enlace:

{{link}}

El enlace caduca en 30 minutos y sirve una sola vez.
Si no lo has solicitado, puedes ignorar este correo.
Tu contraseña no cambiará.`,
  },
  passwordChanged: {
    subject: 'Se ha cambiado tu contraseña de Parley',
    body: `Se ha cambiado la contraseña de tu cuenta y se ha cerrado la sesión en tus otros dispositivos.

Si no has sido tú, restablece tu contraseña cuanto antes:

{{server}}/forgot`,
  },
  invitation: {
    subject: 'Te han invitado a Parley',
    body: `Te han invitado a unirte a Parley en {{server}}

Para aceptar la invitación y crear tu cuenta, abre este enlace:

{{link}}

Si no esperabas esta invitación, puedes ignorar este correo.`,
  },
  invitationFrom: {
    subject: '{{inviter}} te ha invitado a Parley',
    body: `{{inviter}} te ha invitado a unirte a Parley en {{server}}

Para aceptar la invitación y crear tu cuenta, abre este enlace:

{{link}}

Si no esperabas esta invitación, puedes ignorar este correo.`,
  },
  test: {
    subject: 'Correo de prueba de Parley',
    body: `Este correo se ha enviado desde la administración de tu servidor.
Los correos llegan a su destino.`,
  },
  digest: {
    subject: 'Tienes mensajes sin leer',
    subjectDirect: 'Mensajes de {{name}}',
    subjectGroup: 'Mensajes en {{name}}',
    intro_one: 'Tienes {{count, number}} mensaje sin leer.',
    intro_many: 'Tienes {{count, number}} de mensajes sin leer.',
    intro_other: 'Tienes {{count, number}} mensajes sin leer.',
    more_one: 'Y {{count, number}} más.',
    more_many: 'Y {{count, number}} más.',
    more_other: 'Y {{count, number}} más.',
    open: 'Abrir en Parley',
    settings: 'Cambiar lo que recibes por correo',
    unsubscribe: 'Cancelar la suscripción',
  },
  unsubscribe: {
    title: 'Cancelar la suscripción a los correos',
    intro: 'Ya no recibirás correos sobre los mensajes que te hayas perdido.',
    submit: 'Cancelar la suscripción',
    doneTitle: 'Has cancelado la suscripción',
    done: 'Ya no recibirás correos sobre los mensajes que te hayas perdido. Puedes volver a activarlos en tu configuración.',
    invalidTitle: 'Este enlace no es válido',
    invalid:
      'Copia el enlace completo del correo, o cambia en tu configuración lo que recibes por correo.',
    settings: 'Configuración de notificaciones',
  },
  push: {
    title: 'Parley',
    newMessage: 'Tienes un mensaje nuevo',
    inGroup: '{{author}} en {{group}}',
    file: 'Un archivo',
    test: 'Las notificaciones llegan a este dispositivo.',
  },
};
