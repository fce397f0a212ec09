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
Si no solicitaste este código, puedes ignorar este correo.`,
  },
  alreadyRegistered: {
    subject: 'Ya tienes una cuenta de Parley',
    body: `Alguien intentó crear una cuenta de Parley con esta dirección de correo, pero ya tiene una.

Si fuiste tú, inicia sesión:

{{server}}/login

Si no recuerdas tu contraseña, restablécela:

{{server}}/forgot

Si no fuiste tú, puedes ignorar este correo.`,
  },
  reset: {
    subject: 'Restablece tu contraseña de Parley',
    body: `Recibimos una solicitud para restablecer la contraseña de tu cuenta.
Para elegir una contraseña nueva, abre este enlace:

{{link}}

El enlace caduca en 30 minutos y sirve una sola vez.
Si no solicitaste este cambio, puedes ignorar este correo.
Tu contraseña no cambiará.`,
  },
  addressInUse: {
    subject: 'Alguien intentó usar tu dirección de correo',
    body: `Alguien intentó cambiar la dirección de correo de su cuenta de Parley por la tuya. Nada
ha cambiado: sigue perteneciendo a tu cuenta, y puedes ignorar este mensaje.`,
  },
  addressChanged: {
    subject: 'Se cambió la dirección de correo de tu cuenta de Parley',
    body: `La dirección de correo de tu cuenta se cambió a {{email}}. Ya no se envían correos a
esta dirección, y no sirve para iniciar sesión ni para restablecer la contraseña.

Si no fuiste tú, avisa de inmediato a un administrador del servidor.`,
  },
  passwordChanged: {
    subject: 'Se cambió tu contraseña de Parley',
    body: `Se cambió la contraseña de tu cuenta y se cerró la sesión en tus otros dispositivos.

Si no fuiste tú, restablece tu contraseña de inmediato:

{{server}}/forgot`,
  },
  invitation: {
    subject: 'Te invitaron a Parley',
    body: `Te invitaron a unirte a Parley en {{server}}

Para aceptar la invitación y crear tu cuenta, abre este enlace:

{{link}}

Si no esperabas esta invitación, puedes ignorar este correo.`,
  },
  invitationFrom: {
    subject: '{{inviter}} te invitó a Parley',
    body: `{{inviter}} te invitó a unirte a Parley en {{server}}

Para aceptar la invitación y crear tu cuenta, abre este enlace:

{{link}}

Si no esperabas esta invitación, puedes ignorar este correo.`,
  },
  test: {
    subject: 'Correo de prueba de Parley',
    body: `Este es un correo de prueba de la página de administración de tu servidor.
Si puedes leerlo, el envío de correos funciona.`,
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
    settings: 'Cambiar la configuración de correos',
    unsubscribe: 'Cancelar la suscripción',
  },
  unsubscribe: {
    title: 'Cancelar la suscripción a los correos',
    intro: 'Ya no recibirás correos sobre mensajes perdidos.',
    submit: 'Cancelar la suscripción',
    doneTitle: 'Suscripción cancelada',
    done: 'Ya no recibirás correos sobre mensajes perdidos. Puedes volver a activarlos en tu configuración.',
    invalidTitle: 'Este enlace no es válido',
    invalid: 'Copia el enlace completo del correo o cambia la configuración de correos en Parley.',
    settings: 'Configuración de notificaciones',
  },
  push: {
    title: 'Parley',
    newMessage: 'Tienes un mensaje nuevo',
    inGroup: '{{author}} en {{group}}',
    file: 'Un archivo',
    test: 'Las notificaciones funcionan en este dispositivo.',
  },
};
